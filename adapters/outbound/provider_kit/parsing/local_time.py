"""Hotel days and instants: the only place that converts between them.

A hotel's day starts at its first instant. Where the clocks jump over midnight (Beirut, São Paulo
until 2018) that is the moment after the jump, e.g. 01:00; where midnight comes twice (Havana) it
is the first of the two. A date that a zone left out (Apia, 2011-12-30) starts with the next one.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from adapters.outbound.provider_kit.parsing.errors import UnknownZone, UnreadableField

_ONE_DAY: Final = timedelta(days=1)


@cache
def zone(name: str) -> ZoneInfo:
    """By its IANA name, in its exact spelling. Raises UnknownZone."""
    if name not in _known_names():
        raise UnknownZone
    return ZoneInfo(name)


@cache
def _known_names() -> frozenset[str]:
    return frozenset(available_timezones())


def local_day(instant: datetime, hotel_zone: ZoneInfo, *, path: str = "instant") -> date:
    """The hotel's calendar day at an aware instant. `path` is the field that it came from.

    Raises UnreadableField at the ends of the calendar (years 1 and 9999), where PMSs put their
    "never" and a zone's offset leads out of it.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone has no local day")
    try:
        return instant.astimezone(hotel_zone).date()
    except OverflowError:
        raise _out_of_calendar(path) from None


def midnight_utc(day: date, hotel_zone: ZoneInfo, *, path: str = "date") -> datetime:
    """The first instant of the hotel's day, in UTC. Raises UnreadableField as `local_day` does.

    PEP 495: fold=0 reads a time inside a gap with the offset before it, which is the jump itself
    when the gap starts at midnight, and the first of two times when it comes twice.
    """
    try:
        return datetime.combine(day, time.min, tzinfo=hotel_zone).astimezone(UTC)
    except OverflowError:
        raise _out_of_calendar(path) from None


def _out_of_calendar(path: str) -> UnreadableField:
    return UnreadableField(path, "bad_instant", "a day that is not at an end of the calendar")


def days_from(first: date, until: date) -> Iterator[date]:
    """Each day from `first` up to, not including, `until`: the nights of a stay."""
    for offset in range((until - first).days):
        yield first + offset * _ONE_DAY
