"""The adapters that are installed here and have a simulator to be held against."""

from entrypoints.certification.candidate import Candidate
from entrypoints.local.installed_simulators import load_simulator
from entrypoints.wiring.installed_providers import InstalledProviders
from ports.providers import Provider, ProviderTools


def candidate_of(name: str) -> Candidate:
    """Raises UnknownProvider where there is no simulator of this name, Misconfigured where it
    can't be used."""

    def make(tools: ProviderTools) -> Provider:
        return InstalledProviders(tools).get(name)

    return Candidate(name, make, load_simulator(name))
