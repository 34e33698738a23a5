"""OPERA Cloud, by the Oracle Hospitality Integration Platform (property APIs, v1)."""

from adapters.outbound.providers.ohip.provider import create_provider

provider = create_provider
