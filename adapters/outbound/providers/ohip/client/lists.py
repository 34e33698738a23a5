"""The lists of reservations that a pull reads, and how a full one is divided."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.pull.capped_lists import ANY_DAY, halve_days, has_many_days
from adapters.outbound.provider_kit.pull.reading import day_windows
from adapters.outbound.providers.ohip.capabilities import STAY_WINDOW_DAYS
from adapters.outbound.providers.ohip.client.api import Query
from domain.values import DateRange

ONE_DAY: Final = timedelta(days=1)
_LIST_PATH: Final = "reservations.reservationInfo"
_STAY_WINDOW: Final = STAY_WINDOW_DAYS * ONE_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class OhipList:
    """The reservations that arrive and depart on one of these days each and match `filters`."""

    arrival: DateRange = ANY_DAY
    departure: DateRange = ANY_DAY
    filters: Query = ()

    def query(self) -> Query:
        return [
            *self.filters,
            *_range_query("arrival", self.arrival),
            *_range_query("departure", self.departure),
        ]

    def halves(self, today: date) -> tuple["OhipList", "OhipList"]:
        """By the shorter range down to single days, then by the other. Raises ListCapReached."""
        if self._is_divided_by_departure():
            near = today if self.arrival == ANY_DAY else self.arrival.start
            first, second = halve_days(self.departure, _LIST_PATH, near=near)
            return replace(self, departure=first), replace(self, departure=second)
        near = today if self.departure == ANY_DAY else self.departure.start
        first, second = halve_days(self.arrival, _LIST_PATH, near=near)
        return replace(self, arrival=first), replace(self, arrival=second)

    def _is_divided_by_departure(self) -> bool:
        if not has_many_days(self.arrival):
            return True
        return has_many_days(self.departure) and _length(self.departure) < _length(self.arrival)


def lists_by_day(since: date, today: date) -> list[OhipList]:
    """What a delta reads: arrivals and departures, and what was created or canceled on each day."""
    days = [since + offset * ONE_DAY for offset in range((today - since).days + 1)]
    span = DateRange(since - ONE_DAY, today + 2 * ONE_DAY)
    return [
        OhipList(arrival=span),
        OhipList(departure=span),
        *(OhipList(filters=[("createdOnStartDate", day.isoformat())]) for day in days),
        *(OhipList(filters=[("cancelledOn", day.isoformat())]) for day in days),
    ]


def lists_by_window(stays: DateRange) -> list[OhipList]:
    """Guests in house at the start of the window by day of departure, the long stays among them
    together, then stays by day of arrival."""
    in_house = DateRange(ANY_DAY.start, stays.start)
    until = stays.start + _STAY_WINDOW
    return [
        OhipList(arrival=in_house, departure=DateRange(stays.start, until)),
        OhipList(arrival=in_house, departure=DateRange(until, ANY_DAY.end)),
        *(
            OhipList(arrival=DateRange(*window))
            for window in day_windows(stays.start, stays.end, _STAY_WINDOW)
        ),
    ]


def _range_query(name: str, days: DateRange) -> Iterator[tuple[str, str]]:
    if days.start != ANY_DAY.start:
        yield f"{name}StartDate", days.start.isoformat()
    if days.end != ANY_DAY.end:
        yield f"{name}EndDate", (days.end - ONE_DAY).isoformat()


def _length(days: DateRange) -> timedelta:
    return days.end - days.start
