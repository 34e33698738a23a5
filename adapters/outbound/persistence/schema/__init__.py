"""The tables, and rows to domain objects and back."""
