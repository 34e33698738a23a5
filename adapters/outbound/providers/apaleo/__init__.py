"""Apaleo, by its Booking, Inventory and Availability APIs, version 1."""

from adapters.outbound.providers.apaleo.provider import create_provider

provider = create_provider
