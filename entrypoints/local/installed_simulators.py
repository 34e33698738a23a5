"""The simulated PMSs that are installed here, found by their entry points.

A provider and its simulator have the same name. A simulator is wanted for demos, certification and
rehearsals only, so it is a plug-in of its own that a production process never imports.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final, TypeAlias, cast

from adapters.outbound.provider_kit.simulation.scenario import ScenarioSimulator
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from entrypoints.wiring.installed_providers import IMPORT_ERRORS
from ports.errors import Misconfigured, UnknownProvider

GROUP: Final = "pms_adapter.simulators"
StartSimulator: TypeAlias = Callable[[SimulatorOptions], ScenarioSimulator]
"""Returns it serving; the caller stops it."""


def simulator_names() -> Sequence[str]:
    """Nothing is imported."""
    return sorted({plugin.name for plugin in entry_points(group=GROUP)})


def load_simulator(name: str) -> StartSimulator:
    """Raises UnknownProvider, with the names that have one; Misconfigured where two packages claim
    the name or the plug-in can't be imported."""
    plugins = {plugin.value: plugin for plugin in entry_points(group=GROUP, name=name)}
    if not plugins:
        raise UnknownProvider(
            f"There is no simulator of {name!r}", known=", ".join(simulator_names())
        )
    if len(plugins) > 1:
        raise Misconfigured(f"two packages bring a simulator {name!r}: {', '.join(plugins)}")
    return _load_plugin(next(iter(plugins.values())))


def _load_plugin(plugin: EntryPoint) -> StartSimulator:
    try:
        return cast("StartSimulator", plugin.load())
    except IMPORT_ERRORS as fault:
        problem = f"{type(fault).__name__}: {fault}"
        raise Misconfigured(f"the simulator {plugin.value} can't be used: {problem}") from fault
