"""The hotel as a pure function of its seed and the time: it lives on without any state.

Two processes that ask at one instant see one hotel, and what changed between two instants is what
the lives of its bookings say, also when nobody asked in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.local_time import days_from, local_day
from adapters.outbound.providers.mock.simulator.booking_lifecycle import (
    MAX_LEAD_DAYS,
    BookingTimeline,
    TimelineGenerator,
    TimelineStep,
)

STAYS_PER_ROOM_AND_YEAR: Final = 105
_ONE_DAY: Final = timedelta(days=1)
_STATES: Final = {
    TimelineStep.OPTION: "Option",
    TimelineStep.CONFIRM: "Confirmed",
    TimelineStep.CHECK_IN: "InHouse",
    TimelineStep.CHECK_OUT: "Departed",
    TimelineStep.CANCEL: "Canceled",
    TimelineStep.NO_SHOW: "NoShow",
}
_SOLD: Final = ("Confirmed", "InHouse")


@dataclass(frozen=True, slots=True)
class MockRoomType:
    """`price`: of a night, in hundredths of the currency's whole unit."""

    id: str
    name: str
    sleeps: int
    price: int


ROOM_TYPES: Final = (
    MockRoomType("STD", "Standard", 2, 99_00),
    MockRoomType("DLX", "Deluxe", 3, 149_00),
    MockRoomType("STE", "Suite", 4, 259_00),
)
_TYPE_OF_TEN_ROOMS: Final = (0, 1, 0, 0, 1, 0, 0, 2, 0, 1)


@dataclass(frozen=True)
class MockHotel:
    """`bookings`: about how many are made in a year; the number of rooms follows from it."""

    seed: int
    bookings: int
    zone: ZoneInfo

    @cached_property
    def rooms(self) -> int:
        return max(2, ceil(self.bookings / STAYS_PER_ROOM_AND_YEAR))

    def overlapping(self, first: date, end: date, now: datetime) -> Iterator[BookingTimeline]:
        """Known at `now`, not deleted, with a night (or the day of day use) in [first, end)."""
        last = min(end, self.today(now) + timedelta(days=MAX_LEAD_DAYS + 1))
        for timeline in self._timelines(first - _ONE_DAY, last):
            if (
                timeline.arrival < end
                and first < first_free_day(timeline)
                and exists_at(timeline, now)
            ):
                yield timeline

    def changed(self, since: datetime, now: datetime) -> Iterator[BookingTimeline]:
        """With a happening in (since, now], deletions included. None happens later than a day
        after the stay's last, nor earlier than the longest lead before its first."""
        first = self.today(since) - 2 * _ONE_DAY
        for timeline in self._timelines(first, self.today(now) + timedelta(days=MAX_LEAD_DAYS + 1)):
            past_events = timeline.events_until(now)
            if past_events and past_events[-1].at > since:
                yield timeline

    def find(self, booking_id: str, now: datetime) -> BookingTimeline | None:
        room, _, arrival = booking_id.removeprefix("M").partition("-")
        try:
            number, day = int(room), date.fromisoformat(arrival)
        except ValueError:
            return None
        if not 0 <= number < self.rooms:
            return None
        timelines = self._generator.timelines(number, day, day)
        found = (
            timeline
            for timeline in timelines
            if timeline.id == booking_id and exists_at(timeline, now)
        )
        return next(found, None)

    def today(self, now: datetime) -> date:
        return local_day(now, self.zone)

    def sold(self, first: date, end: date, now: datetime) -> dict[tuple[str, date], int]:
        """Rooms taken by room type and night; no entry where none is."""
        sold: dict[tuple[str, date], int] = {}
        for timeline in self.overlapping(first, end, now):
            if vendor_state(timeline, now) not in _SOLD:
                continue
            for night in days_from(
                max(first, timeline.arrival), min(end, first_free_day(timeline))
            ):
                cell = (room_type(timeline.room).id, night)
                sold[cell] = sold.get(cell, 0) + 1
        return sold

    @cached_property
    def _generator(self) -> TimelineGenerator:
        return TimelineGenerator(self.seed, self.zone)

    def _timelines(self, first: date, last: date) -> Iterator[BookingTimeline]:
        for room in range(self.rooms):
            yield from self._generator.timelines(room, first, last)


def room_type(room: int) -> MockRoomType:
    return ROOM_TYPES[_TYPE_OF_TEN_ROOMS[room % 10]]


def room_number(room: int) -> str:
    return f"{1 + room // 20}{room % 20 + 1:02d}"


def first_free_day(timeline: BookingTimeline) -> date:
    return max(timeline.departure, timeline.arrival + _ONE_DAY)


def exists_at(timeline: BookingTimeline, now: datetime) -> bool:
    past_events = timeline.events_until(now)
    return bool(past_events) and past_events[-1].step is not TimelineStep.DELETE


def vendor_state(timeline: BookingTimeline, now: datetime) -> str:
    """In this vendor's words; of a booking that was made before `now`."""
    steps = [event.step for event in timeline.events_until(now)]
    return next(_STATES[step] for step in reversed(steps) if step in _STATES)
