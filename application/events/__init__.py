"""CloudEvents from domain events; the relay from the outbox to subscribers."""
