"""Guests' rights: export and erasure of what is stored of a person."""
