"""Read models of both APIs, and the canonical document."""
