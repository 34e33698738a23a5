"""Which plug-ins a process finds, and what a bad one does to the others: nothing."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from adapters.outbound.providers import canonical, mock
from adapters.outbound.providers.mock.plugin import MockProvider
from entrypoints.providers import GROUP, InstalledProviders
from ports.errors import Misconfigured, UnknownProvider

CANONICAL = "adapters.outbound.providers.canonical:provider"


def plugin(name: str, target: str = CANONICAL) -> EntryPoint:
    return EntryPoint(name, target, GROUP)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An importable module of a third party, to be written by the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "thirdparty_pms", raising=False)
    return tmp_path / "thirdparty_pms.py"


class TestInstalledProviders:
    def test_are_those_of_this_package_at_least(self) -> None:
        names = {provider.capabilities.name for provider in InstalledProviders().all()}
        assert {"canonical", "mock"} <= names

    def test_are_found_by_name(self) -> None:
        assert InstalledProviders().get("canonical") is canonical.provider

    def test_are_listed_by_name(self) -> None:
        installed = InstalledProviders(
            [plugin("mock", "adapters.outbound.providers.mock:provider"), plugin("canonical")]
        )
        assert installed.all() == [canonical.provider, mock.provider]

    def test_tell_the_known_names_for_an_unknown_one(self) -> None:
        with pytest.raises(UnknownProvider) as caught:
            InstalledProviders([plugin("canonical")], given={"mock": mock.provider}).get("fidelio")
        assert caught.value.details == {"known": "canonical, mock"}

    def test_give_way_to_given_ones(self) -> None:
        given = MockProvider()
        target = "adapters.outbound.providers.mock:provider"
        installed = InstalledProviders([plugin("mock", target)], given={"mock": given})
        assert installed.get("mock") is given
        assert installed.all() == [given]


class TestBrokenPlugin:
    @pytest.mark.parametrize(
        ("source", "problem"),
        [
            ("provider = 1", "AttributeError"),
            ("", "AttributeError"),
            ("import nothing_of_this_name", "ModuleNotFoundError"),
            ("this is no Python", "SyntaxError"),
            ("1 / 0", "ZeroDivisionError"),
            ("{}['x']", "KeyError"),
            ("class P:\n  capabilities = 'mock'\nprovider = P()", "declares no capabilities"),
        ],
    )
    def test_is_told_and_leaves_the_others_alone(
        self, module: Path, source: str, problem: str
    ) -> None:
        module.write_text(source)
        installed = InstalledProviders(
            [plugin("bad", "thirdparty_pms:provider"), plugin("canonical")]
        )
        assert installed.all() == [canonical.provider]
        (broken,) = installed.broken()
        assert (broken.name, broken.target) == ("bad", "thirdparty_pms:provider")
        assert problem in broken.problem
        with pytest.raises(Misconfigured) as caught:
            installed.get("bad")
        assert caught.value.details == {"provider": "bad"}

    def test_goes_by_another_name_than_it_calls_itself(self) -> None:
        installed = InstalledProviders([plugin("other")])
        assert installed.all() == []
        assert installed.broken()[0].problem == "it calls itself 'canonical'"

    def test_shares_its_name_with_another(self) -> None:
        installed = InstalledProviders([plugin("canonical"), plugin("canonical", "other:provider")])
        with pytest.raises(Misconfigured):
            installed.get("canonical")
        assert installed.broken()[0].problem == "two packages claim this name"

    def test_is_not_one_package_seen_twice(self) -> None:
        installed = InstalledProviders([plugin("canonical"), plugin("canonical")])
        assert installed.get("canonical") is canonical.provider
