"""`pms provider certify`: the conformance suite, run against a provider's simulator."""
