"""Mews, by its Connector API."""

from adapters.outbound.providers.mews.provider import create_provider

provider = create_provider
