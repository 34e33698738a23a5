"""Use cases, one per file, grouped by topic; the unit of work is opened and committed here."""
