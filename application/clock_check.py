"""Whether this machine's clock is right. Leases and due times are those of the database's clock; a
process on a machine with another time takes no lease all the same, as its other times (logs, ids,
certificates, tokens of vendors) are wrong."""

from datetime import timedelta
from typing import Final

from application.errors import ApplicationError
from domain.errors import ErrorKind
from ports.system import SharedClock

MAX_SKEW: Final = timedelta(seconds=30)


class ClockWrong(ApplicationError, code="clock_wrong", kind=ErrorKind.UNAVAILABLE):
    """This machine's clock differs from the database's by more than 30 seconds."""


def require_right_clock(clock: SharedClock) -> None:
    """Call it outside units of work. Raises ClockWrong, StoreUnavailable."""
    skew = clock.skew()
    if abs(skew) > MAX_SKEW:
        seconds = round(skew.total_seconds())
        place = "ahead of" if seconds > 0 else "behind"
        message = f"this machine's clock is {abs(seconds)} s {place} the database's; set it, by NTP"
        raise ClockWrong(message, skew_seconds=seconds)
