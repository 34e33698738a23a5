"""Connections of hotels to providers: add, verify, update, pause, resume, health."""
