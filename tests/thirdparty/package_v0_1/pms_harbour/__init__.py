"""A third party's package as it was written for version 0.1: its imports and names stay old."""
