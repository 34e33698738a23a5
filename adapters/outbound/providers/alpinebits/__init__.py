"""AlpineBits and the OpenTravel messages of SiteMinder and HTNG systems, over HTTP."""

from adapters.outbound.providers.alpinebits.provider import create_provider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:
    return create_provider(tools)
