"""Lists that end after a number of records, whatever the vendor reports as their total.

A full list is read again by halves, until each part has fewer records.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final, TypeVar

from domain.values import DateRange
from ports.errors import ListCapReached

P = TypeVar("P")
T = TypeVar("T")

ANY_DAY: Final = DateRange(date(1900, 1, 1), date(2200, 1, 1))
"""For a list without a limit of days; `halve_days` takes such a range with `near`."""

_YEAR: Final = timedelta(days=366)


def halve_days(
    days: DateRange, path: str, *, near: date | None = None
) -> tuple[DateRange, DateRange]:
    """`near`: where most of a range of many years' records are expected; the first parts end
    there, a year from there, two years, and so on. Raises ListCapReached for a single day."""
    if not has_many_days(days):
        raise ListCapReached(path=path)
    middle = days.start + (days.end - days.start) // 2
    if near is not None:
        middle = _middle_near(days, middle, min(max(near, ANY_DAY.start), ANY_DAY.end))
    return DateRange(days.start, middle), DateRange(middle, days.end)


def has_many_days(days: DateRange) -> bool:
    return (days.end - days.start).days > 1


def _middle_near(days: DateRange, middle: date, near: date) -> date:
    if days.start < near < days.end:
        return near
    if near <= days.start:
        return min(middle, days.start + max(_YEAR, days.start - near))
    return max(middle, days.end - max(_YEAR, near - days.end))


def read_within_cap(
    part: P,
    read: Callable[[P], Iterator[tuple[int, T]]],
    halve: Callable[[P], tuple[P, P]],
    *,
    cap: int | None,
) -> Iterator[T]:
    """The pages of the list `part`, then, if it is full, those of its halves. `read` yields each
    page with the number of records so far, also on an empty page. `halve` raises ListCapReached
    for a list that cannot be divided. `cap`: None if the vendor's lists do not end early."""
    records = 0
    for records, page in read(part):  # noqa: B007 the last number counts
        yield page
    if cap is not None and records >= cap:
        for half in halve(part):
            yield from read_within_cap(half, read, halve, cap=cap)
