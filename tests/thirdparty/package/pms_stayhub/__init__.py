"""StayHub, a fictitious vendor."""
