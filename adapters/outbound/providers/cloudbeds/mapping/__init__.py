"""Cloudbeds payloads to snapshots; notifications to references."""
