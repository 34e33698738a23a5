"""A simulator of the OPERA Cloud API over the simulated hotel."""
