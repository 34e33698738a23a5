"""Apaleo payloads to snapshots; notifications to references."""
