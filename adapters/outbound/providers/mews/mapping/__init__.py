"""Mews payloads to snapshots; notifications to references."""
