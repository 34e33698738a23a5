"""What is certified."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import StagedSimulator
from ports.providers import ProviderFactory


@dataclass(frozen=True, slots=True)
class Candidate:
    """An adapter and the simulator that it is to be held against."""

    name: str
    make: ProviderFactory
    start: Callable[[SimulatorOptions], StagedSimulator]
