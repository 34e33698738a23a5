"""A hotel that exists nowhere, for demonstrations and tests: no network, no state."""

from adapters.outbound.providers.mock.provider import MockProvider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:
    return MockProvider(tools.clock)
