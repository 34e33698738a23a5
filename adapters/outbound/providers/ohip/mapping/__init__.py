"""OPERA Cloud payloads to snapshots; notifications to references."""
