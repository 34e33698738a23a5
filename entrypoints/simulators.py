"""The simulated PMSs that are installed here, found by their entry points.

A provider and its simulator have the same name. A simulator is wanted for demos, certification and
rehearsals only, so it is a plug-in of its own that a production process never imports.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final, TypeAlias, cast

from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import StagedSimulator
from entrypoints.providers import FAULTS
from ports.errors import Misconfigured, UnknownProvider

GROUP: Final = "pms_adapter.simulators"
StartSimulator: TypeAlias = Callable[[SimulatorOptions], StagedSimulator]
"""Returns it serving; the caller stops it."""


def simulator_names() -> Sequence[str]:
    """Nothing is imported."""
    return sorted({plugin.name for plugin in entry_points(group=GROUP)})


def simulator_of(name: str) -> StartSimulator:
    """Raises UnknownProvider, with the names that have one; Misconfigured where two packages claim
    the name or the plug-in can't be imported."""
    plugins = {plugin.value: plugin for plugin in entry_points(group=GROUP, name=name)}
    if not plugins:
        raise UnknownProvider(
            f"There is no simulator of {name!r}", known=", ".join(simulator_names())
        )
    if len(plugins) > 1:
        raise Misconfigured(f"two packages bring a simulator {name!r}: {', '.join(plugins)}")
    return _loaded(next(iter(plugins.values())))


def _loaded(plugin: EntryPoint) -> StartSimulator:
    try:
        return cast("StartSimulator", plugin.load())
    except FAULTS as fault:
        problem = f"{type(fault).__name__}: {fault}"
        raise Misconfigured(f"the simulator {plugin.value} can't be used: {problem}") from fault
