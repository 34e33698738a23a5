"""AlpineBits payloads to snapshots; notifications to references."""
