"""`pms provider new`: writes the package that a new provider starts from."""
