"""How a check ends, and how an adapter's call ends."""

from collections.abc import Callable
from enum import StrEnum

from domain.errors import PmsError


class CheckOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


class CheckFailed(AssertionError):
    """The adapter is wrong; the text states the expected and the actual behaviour."""


class CheckNotApplicable(Exception):  # an outcome, not an error
    """The check can't run against this vendor or simulator; the text gives the reason."""


def catch_error(operation: Callable[[], object]) -> PmsError | None:
    """The layer's own error that `operation` raised; None if it returned. Other errors pass."""
    try:
        operation()
    except PmsError as error:
        return error
    return None


def describe_error(error: PmsError | None) -> str:
    return "no error" if error is None else f"{type(error).__name__} ({error.message})"
