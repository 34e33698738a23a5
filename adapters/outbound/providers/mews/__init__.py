"""Mews, by its Connector API: docs/providers/mews.md."""

from adapters.outbound.providers.mews.provider import MewsProvider

provider = MewsProvider()
