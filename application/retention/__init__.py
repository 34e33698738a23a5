"""How long data is kept: set, show, apply."""
