"""Adapters by declaration, for vendors with a plain JSON API."""
