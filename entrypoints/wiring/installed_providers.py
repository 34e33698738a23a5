"""The installed provider plug-ins, found by their entry points."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from entrypoints.wiring.plugins import call_plugin, describe_error
from ports.errors import UnknownProvider, UnusableProvider
from ports.providers import Capabilities, Provider, ProviderFactory, Providers, ProviderTools

GROUP: Final = "pms_adapter.providers"


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """An installed provider that can't be used; `problem` is for the operator, not for a tenant."""

    name: str
    target: str
    problem: str


class InstalledProviders:
    """Imports every plug-in at the first use, so that a process that needs none starts quickly.

    `plugins` replaces the installed ones, `overrides` single providers by name. A name that two
    packages claim belongs to neither.
    """

    def __init__(
        self,
        tools: ProviderTools,
        *,
        plugins: Iterable[EntryPoint] | None = None,
        overrides: Mapping[str, Provider] | None = None,
    ) -> None:
        self._tools = tools
        self._plugins = plugins
        self._overrides = dict(overrides or {})

    def get(self, name: str) -> Provider:
        """Raises UnknownProvider, with the known names; UnusableProvider for a broken plug-in."""
        loaded, broken = self._loaded
        if name in loaded:
            return loaded[name]
        for plugin in broken:
            if plugin.name == name:
                raise UnusableProvider(provider=name)
        raise UnknownProvider(known=", ".join(sorted(loaded)))

    def all(self) -> Sequence[Provider]:
        """Sorted by name, without the broken ones."""
        loaded, _ = self._loaded
        return [loaded[name] for name in sorted(loaded)]

    def broken(self) -> Sequence[BrokenPlugin]:
        """Shown by `pms doctor` and `pms provider list`."""
        return self._loaded[1]

    @cached_property
    def _loaded(self) -> tuple[dict[str, Provider], list[BrokenPlugin]]:
        loaded, broken = dict(self._overrides), []
        for name, plugins in sorted(self._plugins_by_name().items()):
            result = _find_name_conflict(plugins) or _load_plugin(plugins[0], self._tools)
            if isinstance(result, BrokenPlugin):
                broken.append(result)
            else:
                loaded[name] = result
        return loaded, broken

    def _plugins_by_name(self) -> dict[str, list[EntryPoint]]:
        plugins = entry_points(group=GROUP) if self._plugins is None else self._plugins
        by_name: dict[str, list[EntryPoint]] = {}
        for plugin in plugins:
            if plugin.name not in self._overrides:
                by_name.setdefault(plugin.name, []).append(plugin)
        return by_name


def import_plugins() -> None:
    """For a process that forks: its children find the modules loaded. It builds no provider, and a
    plug-in that can't be imported is reported by the child that needs it."""
    for plugin in entry_points(group=GROUP):
        call_plugin(plugin.load, lambda _: None)


def broken_plugins_of(providers: Providers) -> Sequence[BrokenPlugin]:
    """Empty where `providers` are not plug-ins."""
    return providers.broken() if isinstance(providers, InstalledProviders) else ()


def _find_name_conflict(plugins: Sequence[EntryPoint]) -> BrokenPlugin | None:
    """A package found twice (an editable install) claims its name once."""
    targets = sorted({plugin.value for plugin in plugins})
    if len(targets) == 1:
        return None
    return BrokenPlugin(plugins[0].name, ", ".join(targets), "two packages claim this name")


def _load_plugin(plugin: EntryPoint, tools: ProviderTools) -> Provider | BrokenPlugin:
    def build() -> Provider | BrokenPlugin:
        provider = cast("ProviderFactory", plugin.load())(tools)
        problem = _find_naming_problem(plugin.name, provider.capabilities)
        return BrokenPlugin(plugin.name, plugin.value, problem) if problem else provider

    return call_plugin(
        build, lambda error: BrokenPlugin(plugin.name, plugin.value, describe_error(error))
    )


def _find_naming_problem(name: str, capabilities: object) -> str | None:
    if not isinstance(capabilities, Capabilities):
        return "it declares no capabilities"
    return None if capabilities.name == name else f"it calls itself {capabilities.name!r}"
