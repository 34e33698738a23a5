from collections.abc import Callable
from dataclasses import dataclass

from adapters.outbound.provider_kit.simulation.scenario import ScenarioSimulator
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from ports.providers import ProviderFactory


@dataclass(frozen=True, slots=True)
class Candidate:
    """The adapter to certify and the simulator of its vendor."""

    name: str
    make: ProviderFactory
    start: Callable[[SimulatorOptions], ScenarioSimulator]
