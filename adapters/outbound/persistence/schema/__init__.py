"""Peewee models of all tables, and rows to domain objects and back."""
