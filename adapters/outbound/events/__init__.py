"""The in-process event bus and the subscribers that ship with it."""
