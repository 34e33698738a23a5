"""The adapter to certify, with its vendor's simulator."""

from dataclasses import dataclass

from entrypoints.local.installed_simulators import StartSimulator, load_simulator
from entrypoints.wiring.installed_providers import InstalledProviders
from ports.providers import Provider, ProviderFactory, ProviderTools


@dataclass(frozen=True, slots=True)
class Candidate:
    """The adapter to certify and the simulator of its vendor."""

    name: str
    make: ProviderFactory
    start: StartSimulator


def candidate_of(name: str) -> Candidate:
    """Raises UnknownProvider if no simulator has this name, Misconfigured if it can't be loaded."""

    def make(tools: ProviderTools) -> Provider:
        return InstalledProviders(tools).get(name)

    return Candidate(name, make, load_simulator(name))
