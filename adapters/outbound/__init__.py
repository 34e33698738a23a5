"""Driven adapters: they implement ports."""
