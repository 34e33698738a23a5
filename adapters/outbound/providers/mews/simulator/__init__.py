"""A simulator of the Mews API over the simulated hotel."""
