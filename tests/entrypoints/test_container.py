from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from inspect import isfunction
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import pytest

from entrypoints.wiring.container import Container, wired
from entrypoints.wiring.settings import Settings
from ports.queries import Queries
from ports.system import Clock


def declared_types() -> Mapping[str, Any]:
    """By name of the container's attributes; a TypeVar for those that are wired."""
    types = get_type_hints(Container)
    for name, attribute in vars(Container).items():
        if isinstance(attribute, cached_property):
            types[name] = get_type_hints(attribute.func)["return"]
        elif isfunction(attribute) and name not in types and not name.startswith("_"):
            returned = get_type_hints(attribute)["return"]
            types[name] = Callable[[], returned]
    return types


TYPES = declared_types()
WIRED = [name for name, declared in TYPES.items() if isinstance(declared, TypeVar)]


def misfits(container: Container, built: Any) -> list[str]:
    """The fields without a default that were given something of another type."""
    hints = get_type_hints(type(built))
    required = [
        f.name for f in fields(built) if f.default is MISSING and f.default_factory is MISSING
    ]
    given = {n: type(getattr(container, n)) if n in WIRED else TYPES[n] for n in required}
    return [name for name in required if not _fits(hints[name], given[name])]


def _fits(wanted: Any, given: Any) -> bool:
    return wanted == given or (isinstance(given, type) and wanted in given.__mro__)


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(Settings(home=tmp_path / "home"))


@dataclass(frozen=True, slots=True)
class _MisnamedPort:
    clokc: Clock


@dataclass(frozen=True, slots=True)
class _WrongType:
    clock: Queries


class TestContainer:
    @pytest.mark.parametrize("name", WIRED)
    def test_builds_each_use_case_once(self, container: Container, name: str) -> None:
        assert getattr(container, name) is getattr(container, name)

    @pytest.mark.parametrize("name", WIRED)
    def test_gives_each_field_its_type(self, container: Container, name: str) -> None:
        assert misfits(container, getattr(container, name)) == []

    def test_names_a_field_that_no_attribute_matches(self, container: Container) -> None:
        with pytest.raises(AttributeError, match="'Container' object has no attribute 'clokc'"):
            wired(_MisnamedPort).func(container)

    def test_the_check_of_types_finds_a_wrong_one(self, container: Container) -> None:
        assert misfits(container, wired(_WrongType).func(container)) == ["clock"]

    def test_builds_providers_without_home_or_keys(self, container: Container) -> None:
        assert container.providers.get("mews").capabilities.name == "mews"
        assert not container.settings.home.exists()

    def test_closes_without_a_store(self, container: Container) -> None:
        container.close()
        assert not container.settings.home.exists()
