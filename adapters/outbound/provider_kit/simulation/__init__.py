"""What every simulated PMS stands on: the wire, faults, webhooks, a journal, a living hotel."""
