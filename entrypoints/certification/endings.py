"""How a check ends where it does not pass."""


class Failed(AssertionError):
    """The adapter is wrong; the text says what was expected and what was seen."""


class NotApplicable(Exception):  # an ending, not an error
    """There is nothing to look at; the text says why."""
