"""One store per aggregate or message kind; the write side of the ports."""
