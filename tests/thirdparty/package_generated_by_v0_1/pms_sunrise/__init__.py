"""Sunrise PMS for the PMS adapter layer."""
