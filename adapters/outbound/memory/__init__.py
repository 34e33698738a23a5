"""In-memory adapters for tests; they pass the same contract suites as the real ones."""
