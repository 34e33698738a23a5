"""Cloudbeds, by its API version 1.3; and the formats of its channel manager, for pushes."""

from adapters.outbound.providers.cloudbeds.provider import create_provider

provider = create_provider
