"""The job boundary: parses ids, calls one use case, logs the outcome."""
