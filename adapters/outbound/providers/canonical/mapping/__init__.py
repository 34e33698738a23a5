"""Canonical JSON payloads to snapshots."""
