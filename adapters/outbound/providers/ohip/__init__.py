"""OPERA Cloud, by the Oracle Hospitality Integration Platform (property APIs, v1)."""

from adapters.outbound.providers.ohip.provider import create_provider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:
    return create_provider(tools)
