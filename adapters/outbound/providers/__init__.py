"""One folder per provider: client, mapping, simulator."""
