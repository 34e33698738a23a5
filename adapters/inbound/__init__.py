"""Driving adapters: they parse, authorize, call one use case and render."""
