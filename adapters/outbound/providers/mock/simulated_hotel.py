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

from adapters.outbound.provider_kit.local_time import days_from, local_day
from adapters.outbound.providers.mock.simulated_lives import (
    MAX_LEAD_DAYS,
    Life,
    LifeMaker,
    Step,
)

STAYS_PER_ROOM_AND_YEAR: Final = 105
_ONE_DAY: Final = timedelta(days=1)
_STATES: Final = {
    Step.OPTION: "Option",
    Step.CONFIRM: "Confirmed",
    Step.CHECK_IN: "InHouse",
    Step.CHECK_OUT: "Departed",
    Step.CANCEL: "Canceled",
    Step.NO_SHOW: "NoShow",
}
_SOLD: Final = ("Confirmed", "InHouse")


@dataclass(frozen=True, slots=True)
class RoomType:
    """`price`: of a night, in hundredths of the currency's whole unit."""

    id: str
    name: str
    sleeps: int
    price: int


ROOM_TYPES: Final = (
    RoomType("STD", "Standard", 2, 99_00),
    RoomType("DLX", "Deluxe", 3, 149_00),
    RoomType("STE", "Suite", 4, 259_00),
)
_TYPE_OF_TEN_ROOMS: Final = (0, 1, 0, 0, 1, 0, 0, 2, 0, 1)


@dataclass(frozen=True)
class SimulatedHotel:
    """`bookings`: about how many are made in a year; the number of rooms follows from it."""

    seed: int
    bookings: int
    zone: ZoneInfo

    @cached_property
    def rooms(self) -> int:
        return max(2, ceil(self.bookings / STAYS_PER_ROOM_AND_YEAR))

    def overlapping(self, first: date, end: date, now: datetime) -> Iterator[Life]:
        """Known at `now`, not deleted, with a night (or the day of day use) in [first, end)."""
        last = min(end, self.today(now) + timedelta(days=MAX_LEAD_DAYS + 1))
        for life in self._lives(first - _ONE_DAY, last):
            if life.arrival < end and first < free_from(life) and is_alive(life, now):
                yield life

    def changed(self, since: datetime, now: datetime) -> Iterator[Life]:
        """With a happening in (since, now], deletions included. None happens later than a day
        after the stay's last, nor earlier than the longest lead before its first."""
        first = self.today(since) - 2 * _ONE_DAY
        for life in self._lives(first, self.today(now) + timedelta(days=MAX_LEAD_DAYS + 1)):
            told = life.until(now)
            if told and told[-1].at > since:
                yield life

    def find(self, booking_id: str, now: datetime) -> Life | None:
        room, _, arrival = booking_id.removeprefix("M").partition("-")
        try:
            number, day = int(room), date.fromisoformat(arrival)
        except ValueError:
            return None
        if not 0 <= number < self.rooms:
            return None
        lives = self._maker.lives(number, day, day)
        found = (life for life in lives if life.id == booking_id and is_alive(life, now))
        return next(found, None)

    def today(self, now: datetime) -> date:
        return local_day(now, self.zone)

    def sold(self, first: date, end: date, now: datetime) -> dict[tuple[str, date], int]:
        """Rooms taken by room type and night; no entry where none is."""
        sold: dict[tuple[str, date], int] = {}
        for life in self.overlapping(first, end, now):
            if state_of(life, now) not in _SOLD:
                continue
            for night in days_from(max(first, life.arrival), min(end, free_from(life))):
                cell = (room_type(life.room).id, night)
                sold[cell] = sold.get(cell, 0) + 1
        return sold

    @cached_property
    def _maker(self) -> LifeMaker:
        return LifeMaker(self.seed, self.zone)

    def _lives(self, first: date, last: date) -> Iterator[Life]:
        for room in range(self.rooms):
            yield from self._maker.lives(room, first, last)


def room_type(room: int) -> RoomType:
    return ROOM_TYPES[_TYPE_OF_TEN_ROOMS[room % 10]]


def room_number(room: int) -> str:
    return f"{1 + room // 20}{room % 20 + 1:02d}"


def free_from(life: Life) -> date:
    return max(life.departure, life.arrival + _ONE_DAY)


def is_alive(life: Life, now: datetime) -> bool:
    told = life.until(now)
    return bool(told) and told[-1].step is not Step.DELETE


def state_of(life: Life, now: datetime) -> str:
    """In this vendor's words; of a booking that was made before `now`."""
    steps = [happening.step for happening in life.until(now)]
    return next(_STATES[step] for step in reversed(steps) if step in _STATES)
