"""Lists that end after a number of records, whatever the vendor reports as their total.

A list of days that is full is read again by halves, until each part has fewer records.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from domain.values import DateRange
from ports.errors import ListCapReached

T = TypeVar("T")


def halve_days(days: DateRange, path: str) -> tuple[DateRange, DateRange]:
    """Raises ListCapReached for a single day."""
    if (days.end - days.start).days == 1:
        raise ListCapReached(path=path)
    middle = days.start + (days.end - days.start) // 2
    return DateRange(days.start, middle), DateRange(middle, days.end)


def read_within_cap(
    days: DateRange,
    read: Callable[[DateRange], Iterator[tuple[int, T]]],
    *,
    cap: int | None,
    path: str,
) -> Iterator[T]:
    """The pages of the list of `days`, then, if it is full, those of its halves. `read` yields
    each page with the number of records so far, also on an empty page. `cap`: None if the vendor's
    lists do not end early. Raises ListCapReached if the list of one day is full."""
    records = 0
    for records, page in read(days):  # noqa: B007 the last number counts
        yield page
    if cap is not None and records >= cap:
        for half in halve_days(days, path):
            yield from read_within_cap(half, read, cap=cap, path=path)
