"""A simulator of the AlpineBits API over the simulated hotel."""
