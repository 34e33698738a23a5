"""The store: Peewee on SQLite and PostgreSQL."""
