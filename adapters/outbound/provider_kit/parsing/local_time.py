"""Conversion between hotel-local dates and instants; nothing else converts them.

A local day starts at its first instant. Where the clock change skips midnight (Beirut, São Paulo
until 2018), that is the instant after the change, e.g. 01:00; where midnight occurs twice (Havana),
the first of the two. A date that a zone skipped (Apia, 2011-12-30) starts with the next one.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from adapters.outbound.provider_kit.parsing.errors import UnknownZone, UnreadableField
from ports.errors import UnreadableMessage
from ports.providers import HotelContext

_ONE_DAY: Final = timedelta(days=1)


@cache
def zone(name: str) -> ZoneInfo:
    """By its exact IANA name. Raises UnknownZone."""
    if name not in _known_names():
        raise UnknownZone
    return ZoneInfo(name)


def require_time_zone(context: HotelContext) -> ZoneInfo:
    """Of a hotel whose payload is read. Raises UnreadableMessage."""
    try:
        return zone(context.time_zone)
    except UnknownZone as fault:
        raise UnreadableMessage("the time zone is not an IANA name") from fault


@cache
def _known_names() -> frozenset[str]:
    return frozenset(available_timezones())


def local_day(instant: datetime, hotel_zone: ZoneInfo, *, path: str = "instant") -> date:
    """The hotel's calendar date at an aware instant. `path` names the source field in errors.

    Raises UnreadableField at the ends of the calendar (years 1 and 9999), which PMSs use for
    "never" and where the zone's offset overflows.
    """
    if instant.tzinfo is None:
        raise ValueError("the instant has no time zone")
    try:
        return instant.astimezone(hotel_zone).date()
    except OverflowError:
        raise _out_of_calendar(path) from None


def midnight_utc(day: date, hotel_zone: ZoneInfo, *, path: str = "date") -> datetime:
    """The first instant of the hotel's day, in UTC. Raises UnreadableField as `local_day` does.

    PEP 495: fold=0 gives a time inside a gap the offset before the gap (the change itself when the
    gap starts at midnight), and a repeated time its first occurrence.
    """
    try:
        return datetime.combine(day, time.min, tzinfo=hotel_zone).astimezone(UTC)
    except OverflowError:
        raise _out_of_calendar(path) from None


def local_instant(local: datetime, hotel_zone: ZoneInfo, *, path: str) -> datetime:
    """In UTC, of a naive local time; the first instant of one that occurs twice. Raises
    UnreadableField as `local_day` does."""
    try:
        return local.replace(tzinfo=hotel_zone).astimezone(UTC)
    except OverflowError:
        raise UnreadableField(path, "bad_instant", "an instant that exists") from None


def _out_of_calendar(path: str) -> UnreadableField:
    return UnreadableField(path, "bad_instant", "a date within the calendar")


def days_from(first: date, until: date) -> Iterator[date]:
    """The nights of a stay: each day from `first` until the day before `until`."""
    for offset in range((until - first).days):
        yield first + offset * _ONE_DAY
