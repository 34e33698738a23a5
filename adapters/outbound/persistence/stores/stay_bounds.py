"""Conditions on the days of a stay, such that an index of arrivals bounds what is read.

Who leaves on a day or later has arrived no more nights before it than the stay has. Most stays are
short: a search for days reads the arrivals of the month before them, and the few longer stays in an
index of their own. One stay of a year costs one entry of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from adapters.outbound.persistence.engine.conditions import Conditions
from adapters.outbound.persistence.engine.session import Session
from domain.values import MAX_STAY_NIGHTS, DateRange

SHORT_NIGHTS: Final = 31
"""Longer stays are in the index `bookings_long`, whose migration has this number, too."""


@dataclass(frozen=True, slots=True)
class StaySpan:
    """Conditions on the days of stays of some length. `is_long`: those of `bookings_long`."""

    where: Conditions
    is_long: bool = False


class StayBounds:
    """Narrowed by each condition; all days are included."""

    def __init__(self) -> None:
        self._arrival = _Days()
        self._departure = _Days()
        self._first_taken: list[date] = []

    def arrive(self, days: DateRange | date | None) -> None:
        self._arrival.narrow_to(days)

    def depart(self, days: DateRange | date | None) -> None:
        self._departure.narrow_to(days)

    def overlap(self, days: DateRange | date | None) -> None:
        if days is not None:
            first, last = _first_and_last(days)
            self._arrival.last = min(self._arrival.last, last)
            self._departure.first = max(self._departure.first, first)
            self._first_taken.append(first)

    def spans(self, session: Session) -> Iterator[StaySpan]:
        """Each stay within the bounds meets the conditions of exactly one span."""
        if self._departure.first == date.min:
            yield StaySpan(self._conditions(self._arrival.first))
            return
        short = self._conditions(self._first_arrival(SHORT_NIGHTS))
        short.require(f"{session.nights} <= {SHORT_NIGHTS}")
        yield StaySpan(short)
        long = self._conditions(self._first_arrival(MAX_STAY_NIGHTS))
        long.require(f"{session.nights} > {SHORT_NIGHTS}")
        yield StaySpan(long, is_long=True)

    def whole(self) -> Conditions:
        """For a search that another index bounds."""
        return self._conditions(self._arrival.first)

    def _first_arrival(self, nights: int) -> date:
        return max(self._arrival.first, _days_before(self._departure.first, nights))

    def _conditions(self, first_arrival: date) -> Conditions:
        where = Conditions()
        last_arrival = min(self._arrival.last, self._departure.last)
        _Days(first_arrival, last_arrival).require(where, "arrival")
        self._departure.require(where, "departure")
        for day in self._first_taken:
            # A day use leaves on the day that it takes.
            where.require("(departure > %s OR arrival = departure)", day.isoformat())
        return where


@dataclass(slots=True)
class _Days:
    first: date = date.min
    last: date = date.max

    def narrow_to(self, days: DateRange | date | None) -> None:
        if days is not None:
            first, last = _first_and_last(days)
            self.first, self.last = max(self.first, first), min(self.last, last)

    def require(self, where: Conditions, column: str) -> None:
        if self.first > date.min:
            where.require(f"{column} >= %s", self.first.isoformat())
        if self.last < date.max:
            where.require(f"{column} <= %s", self.last.isoformat())


def _first_and_last(days: DateRange | date) -> tuple[date, date]:
    if isinstance(days, date):
        return days, days
    return days.start, days.end - timedelta(days=1)


def _days_before(day: date, days: int) -> date:
    return date.fromordinal(max(day.toordinal() - days, 1))
