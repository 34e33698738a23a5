"""The simulator server: HTTP, faults, webhooks, control API, journal."""
