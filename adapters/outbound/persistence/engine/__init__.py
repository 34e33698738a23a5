"""Connections, pool, SQL sessions and error translation for SQLite and PostgreSQL."""
