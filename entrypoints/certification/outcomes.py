"""How a check ends where it does not pass."""


class CheckFailed(AssertionError):
    """The adapter is wrong; the text says what was expected and what was seen."""


class CheckNotApplicable(Exception):  # an ending, not an error
    """There is nothing to look at; the text says why."""
