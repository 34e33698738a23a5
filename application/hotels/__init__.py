"""Hotels: add, find, enable, disable."""
