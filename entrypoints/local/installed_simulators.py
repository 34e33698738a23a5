"""The installed simulators, found by their entry points.

A provider and its simulator have the same name. Only demos and certification need a simulator, so
it is a plug-in of its own that a production process never imports.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final, TypeAlias, cast

from adapters.outbound.provider_kit.simulation.scenario import ScenarioSimulator
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from entrypoints.wiring.plugins import call_plugin, describe_error
from ports.errors import Misconfigured, UnknownProvider

GROUP: Final = "pms_adapter.simulators"
StartSimulator: TypeAlias = Callable[[SimulatorOptions], ScenarioSimulator]
"""Returns a simulator that is serving; the caller stops it."""


def simulator_names() -> Sequence[str]:
    """Sorted; imports no plug-in."""
    return sorted({plugin.name for plugin in entry_points(group=GROUP)})


def load_simulator(name: str) -> StartSimulator:
    """Raises UnknownProvider, with the names that have a simulator; Misconfigured where two
    packages claim the name or the plug-in can't be imported."""
    plugins = {plugin.value: plugin for plugin in entry_points(group=GROUP, name=name)}
    if not plugins:
        raise UnknownProvider(
            f"there is no simulator of {name!r}", known=", ".join(simulator_names())
        )
    if len(plugins) > 1:
        raise Misconfigured(f"two packages provide a simulator {name!r}: {', '.join(plugins)}")
    return _load_plugin(next(iter(plugins.values())))


def _load_plugin(plugin: EntryPoint) -> StartSimulator:
    def report_error(error: BaseException) -> StartSimulator:
        problem = describe_error(error)
        raise Misconfigured(f"the simulator {plugin.value} can't be used: {problem}") from error

    return call_plugin(lambda: cast("StartSimulator", plugin.load()), report_error)
