"""Processes, command line and composition root."""
