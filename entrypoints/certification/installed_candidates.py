"""Candidates among the installed providers."""

from entrypoints.certification.candidate import Candidate
from entrypoints.local.installed_simulators import load_simulator
from entrypoints.wiring.installed_providers import InstalledProviders
from ports.providers import Provider, ProviderTools


def candidate_of(name: str) -> Candidate:
    """Raises UnknownProvider if no simulator has this name, Misconfigured if it can't be loaded."""

    def make(tools: ProviderTools) -> Provider:
        return InstalledProviders(tools).get(name)

    return Candidate(name, make, load_simulator(name))
