"""Background jobs over RQ: JSON payloads with ids only; Redis may lose all of it."""
