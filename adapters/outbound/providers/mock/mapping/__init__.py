"""Mock payloads to snapshots; notifications to references."""
