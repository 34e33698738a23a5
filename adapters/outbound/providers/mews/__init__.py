"""Mews, by its Connector API."""

from adapters.outbound.providers.mews.provider import create_provider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:
    return create_provider(tools)
