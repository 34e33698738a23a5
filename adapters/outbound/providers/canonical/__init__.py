"""Our own JSON format, for partners whose PMS has no adapter: docs/canonical-format.md."""

from adapters.outbound.providers.canonical.provider import CanonicalProvider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:  # noqa: ARG001 the shape of every plug-in
    return CanonicalProvider()
