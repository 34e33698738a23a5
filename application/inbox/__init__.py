"""The inbox: receive webhooks, process stored payloads, quarantine and replay."""
