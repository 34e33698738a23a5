"""Mews, by its Connector API."""

from adapters.outbound.providers.mews.provider import MewsProvider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:
    return MewsProvider(tools)
