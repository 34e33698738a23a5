"""A simulator of the Apaleo API over the simulated hotel."""
