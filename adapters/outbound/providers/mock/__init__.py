"""A provider for demos: a simulated hotel, `pms simulate mock`, in a JSON format of its own."""

from adapters.outbound.providers.mock.provider import MockProvider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:
    return MockProvider(tools)
