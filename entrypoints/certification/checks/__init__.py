"""The conformance checks, one module per group."""
