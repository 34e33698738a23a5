"""The server of the mock API, over the neutral simulated hotel."""
