"""OPERA Cloud, by the Oracle Hospitality Integration Platform (property APIs, v1)."""

from adapters.outbound.providers.ohip.provider import OhipProvider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:
    return OhipProvider(tools)
