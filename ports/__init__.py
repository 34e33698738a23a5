"""Protocols of what the use cases need: stores, providers, queue, clock. No framework types."""
