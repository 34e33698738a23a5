"""Sealing of secrets and payloads (AES-GCM, key ring)."""
