"""Background jobs as a way in: parse ids, call one use case, tell what became of it."""
