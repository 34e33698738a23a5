import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import InMemoryRateBudget
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from adapters.outbound.providers.mock.provider import MockProvider
from entrypoints.wiring import installed_providers as installed_providers_module
from entrypoints.wiring.installed_providers import GROUP, InstalledProviders, import_plugins
from ports.errors import UnknownProvider, UnusableProvider
from ports.providers import Provider, ProviderTools

CLOCK = FrozenClock()
TOOLS = ProviderTools(
    clock=CLOCK, randomness=ScriptedRandomness(), budget=InMemoryRateBudget(CLOCK)
)
CANONICAL = EntryPoint("canonical", "adapters.outbound.providers.canonical:provider", GROUP)
MOCK = EntryPoint("mock", "adapters.outbound.providers.mock:provider", GROUP)
IMPORT_MISCONFIGURED = "from ports.errors import Misconfigured"
BAD = EntryPoint("bad", "thirdparty_pms:provider", GROUP)


def installed_providers(
    *plugins: EntryPoint, overrides: Provider | None = None
) -> InstalledProviders:
    named = {overrides.capabilities.name: overrides} if overrides else None
    return InstalledProviders(TOOLS, plugins=plugins, overrides=named)


def names(providers: InstalledProviders) -> list[str]:
    return [provider.capabilities.name for provider in providers.all()]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Path of an importable third-party module; the test writes it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "thirdparty_pms", raising=False)
    return tmp_path / "thirdparty_pms.py"


class TestInstalledProviders:
    def test_include_those_of_this_package(self) -> None:
        assert {"canonical", "mock"} <= set(names(InstalledProviders(TOOLS)))

    def test_are_built_once(self) -> None:
        providers = installed_providers(CANONICAL)
        assert isinstance(providers.get("canonical"), CanonicalProvider)
        assert providers.get("canonical") is providers.get("canonical")

    def test_are_listed_by_name(self) -> None:
        assert names(installed_providers(MOCK, CANONICAL)) == ["canonical", "mock"]

    def test_list_the_known_names_for_an_unknown_one(self) -> None:
        with pytest.raises(UnknownProvider) as caught:
            installed_providers(MOCK, CANONICAL).get("fidelio")
        assert caught.value.details == {"known": "canonical, mock"}

    def test_are_replaced_by_overrides(self) -> None:
        overrides = MockProvider(CLOCK)
        providers = installed_providers(MOCK, overrides=overrides)
        assert providers.get("mock") is overrides
        assert providers.all() == [overrides]


class TestBrokenPlugin:
    @pytest.mark.parametrize(
        ("source", "problem"),
        [
            ("", "AttributeError"),
            ("provider = 1", "TypeError"),
            ("def provider(): ...", "TypeError"),
            ("def provider(tools): ...", "AttributeError"),
            ("def provider(tools): raise RuntimeError('no licence')", "no licence"),
            ("import nothing_of_this_name", "ModuleNotFoundError"),
            ("this is no Python", "SyntaxError"),
            ("1 / 0", "ZeroDivisionError"),
            ("{}['x']", "KeyError"),
            ("class provider:\n  def __init__(self, tools): ...\n  capabilities = 1", "declares"),
            ("class Bad(Exception): ...\nraise Bad('no licence')", "Bad: no licence"),
            ("class Bad(Exception): ...\ndef provider(tools): raise Bad('late')", "Bad: late"),
            (f"{IMPORT_MISCONFIGURED}\nraise Misconfigured('no key')", "Misconfigured: no key"),
            ("raise SystemExit(3)", "SystemExit: 3"),
            ("class Bad(BaseException): ...\nraise Bad('not an Exception')", "Bad: not an"),
            (
                "class Bad(Exception):\n  def __str__(self): raise ValueError\nraise Bad",
                "Bad: ",
            ),
            (
                f"{IMPORT_MISCONFIGURED}\ndef provider(tools): raise Misconfigured('no key')",
                "Misconfigured: no key",
            ),
        ],
    )
    def test_is_reported_and_others_still_load(
        self, module: Path, source: str, problem: str
    ) -> None:
        module.write_text(source)
        providers = installed_providers(BAD, CANONICAL)
        assert names(providers) == ["canonical"]
        (broken,) = providers.broken()
        assert (broken.name, broken.target) == ("bad", "thirdparty_pms:provider")
        assert problem in broken.problem
        with pytest.raises(UnusableProvider) as caught:
            providers.get("bad")
        assert caught.value.details == {"provider": "bad"}

    def test_is_one_whose_declared_name_differs(self) -> None:
        providers = installed_providers(EntryPoint("other", CANONICAL.value, GROUP))
        assert providers.all() == []
        assert providers.broken()[0].problem == "it calls itself 'canonical'"

    def test_is_each_of_two_that_claim_one_name(self) -> None:
        providers = installed_providers(CANONICAL, EntryPoint("canonical", "other:provider", GROUP))
        with pytest.raises(UnusableProvider):
            providers.get("canonical")
        assert providers.broken()[0].problem == "two packages claim this name"

    def test_is_not_a_package_found_twice(self) -> None:
        assert names(installed_providers(CANONICAL, CANONICAL)) == ["canonical"]


class TestImport:
    """Before a worker forks."""

    def test_loads_the_modules_and_builds_nothing(
        self, module: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module.write_text("def provider(tools):\n    raise AssertionError('built')\n")
        plugins = [EntryPoint("gone", "no_such_module:provider", GROUP), BAD]
        monkeypatch.setattr(installed_providers_module, "entry_points", lambda **_: plugins)
        import_plugins()
        assert "thirdparty_pms" in sys.modules

    @pytest.mark.parametrize("source", ["1 / 0", "raise SystemExit(3)", "def provider("])
    def test_survives_a_broken_plugin(
        self, module: Path, monkeypatch: pytest.MonkeyPatch, source: str
    ) -> None:
        module.write_text(source)
        monkeypatch.setattr(installed_providers_module, "entry_points", lambda **_: [BAD])
        import_plugins()
