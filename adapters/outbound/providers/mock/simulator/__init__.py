"""A simulator of the mock API over the simulated hotel."""
