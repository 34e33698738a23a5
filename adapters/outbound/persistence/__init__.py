"""The SQL store: Peewee on SQLite and PostgreSQL."""
