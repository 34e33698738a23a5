"""Apaleo, by its Booking, Inventory and Availability APIs, version 1."""

from adapters.outbound.providers.apaleo.provider import create_provider
from ports.providers import Provider, ProviderTools


def provider(tools: ProviderTools) -> Provider:
    return create_provider(tools)
