"""The in-process event bus and its built-in subscribers."""
