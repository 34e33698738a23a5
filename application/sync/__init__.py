"""Sync runs: schedule, request, execute, fail, verify."""
