"""A simulator of the Cloudbeds API over the simulated hotel."""
