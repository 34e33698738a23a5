"""The capabilities of installed providers."""

from dataclasses import dataclass

from ports.providers import Capabilities, Providers


@dataclass(frozen=True, slots=True)
class FindProvider:
    providers: Providers

    def __call__(self, name: str) -> Capabilities:
        """Raises UnknownProvider."""
        return self.providers.get(name).capabilities
