"""Whether a provider's adapter does what the layer relies on, seen over its simulator."""
