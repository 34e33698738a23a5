"""The command line `pms`."""
