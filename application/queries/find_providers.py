"""Which providers are installed, and what they can do."""

from dataclasses import dataclass

from ports.providers import Capabilities, Providers


@dataclass(frozen=True, slots=True)
class FindProvider:
    providers: Providers

    def __call__(self, name: str) -> Capabilities:
        """Raises UnknownProvider."""
        return self.providers.get(name).capabilities
