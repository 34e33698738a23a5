"""`pms provider new`: the package that a new provider starts from."""
