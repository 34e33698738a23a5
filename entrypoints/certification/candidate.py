"""What is certified."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.outbound.provider_kit.simulation.scenario import ScenarioSimulator
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from ports.providers import ProviderFactory


@dataclass(frozen=True, slots=True)
class Candidate:
    """An adapter and the simulator that it is to be held against."""

    name: str
    make: ProviderFactory
    start: Callable[[SimulatorOptions], ScenarioSimulator]
