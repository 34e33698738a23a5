"""Finds payment card data in texts and payloads, and the fields that hold ids."""
