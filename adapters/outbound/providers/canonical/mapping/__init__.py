"""Canonical JSON payloads to snapshots; notifications to references."""
