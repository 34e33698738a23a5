from functools import cached_property
from pathlib import Path

import pytest

from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import Settings
from entrypoints.wiring.use_cases import UseCases

USE_CASES = [name for name, value in vars(UseCases).items() if isinstance(value, cached_property)]


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(Settings(home=tmp_path / "home"))


class TestContainer:
    @pytest.mark.parametrize("name", USE_CASES)
    def test_builds_each_use_case_once(self, container: Container, name: str) -> None:
        assert getattr(container, name) is getattr(container, name)

    def test_builds_providers_without_home_or_keys(self, container: Container) -> None:
        assert container.providers.get("mews").capabilities.name == "mews"
        assert not container.settings.home.exists()

    def test_closes_without_a_store(self, container: Container) -> None:
        container.close()
        assert not container.settings.home.exists()
