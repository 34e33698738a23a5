"""The whole life of one booking, from a seed: when it was made and what happened to it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.local_time import midnight_utc

MAX_LEAD_DAYS: Final = 90
DAY_USE_SHARE: Final = 0.02
_NIGHTS: Final = (1, 1, 2, 2, 2, 3, 3, 4, 5, 7)
_GAPS: Final = (0, 0, 0, 1, 1, 2)
_PENDING_SHARE: Final = 0.25
_REQUEST_SHARE: Final = 0.2


class TimelineStep(StrEnum):
    OPTION = "option"
    CONFIRM = "confirm"
    REQUEST = "request"
    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    CANCEL = "cancel"
    NO_SHOW = "no_show"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    at: datetime
    step: TimelineStep


@dataclass(frozen=True, slots=True)
class BookingTimeline:
    """`happenings` are in order of time, the first is when the booking was made."""

    room: int
    arrival: date
    departure: date
    traits: tuple[float, ...]
    events: tuple[TimelineEvent, ...]

    @property
    def id(self) -> str:
        """No room has two arrivals on one day."""
        return f"M{self.room}-{self.arrival:%Y%m%d}"

    def events_until(self, now: datetime) -> Sequence[TimelineEvent]:
        return [event for event in self.events if event.at <= now]


class TimelineGenerator:
    """Stays of one room lie one after the other within blocks of `BLOCK_DAYS`, so that any stretch
    of time can be made without the time before it."""

    BLOCK_DAYS: Final = 28
    TRAITS: Final = 8

    def __init__(self, seed: int, zone: ZoneInfo) -> None:
        self._seed = seed
        self._zone = zone

    def timelines(self, room: int, first: date, last: date) -> Iterator[BookingTimeline]:
        """Of the blocks that hold the days `first` to `last`."""
        shift = self._shift(room)
        first_block = (first.toordinal() - shift) // self.BLOCK_DAYS
        last_block = (last.toordinal() - shift) // self.BLOCK_DAYS
        for block in range(first_block, last_block + 1):
            yield from self._block(room, block)

    def _shift(self, room: int) -> int:
        """No stay spans two blocks: with one beginning for all rooms the hotel would empty then."""
        return room * 11 % self.BLOCK_DAYS

    def _block(self, room: int, block: int) -> Iterator[BookingTimeline]:
        source = random.Random(f"{self._seed}/{room}/{block}")
        start = block * self.BLOCK_DAYS + self._shift(room)
        day, end = start + _pick(source, _GAPS), start + self.BLOCK_DAYS
        while day < end:
            nights = 0 if source.random() < DAY_USE_SHARE else _pick(source, _NIGHTS)
            departure = min(day + nights, end)
            yield self._timeline(source, room, date.fromordinal(day), date.fromordinal(departure))
            day = max(departure, day + 1) + _pick(source, _GAPS)

    def _timeline(
        self, source: random.Random, room: int, arrival: date, departure: date
    ) -> BookingTimeline:
        traits = tuple(source.random() for _ in range(self.TRAITS))
        lead = int(source.random() ** 2 * MAX_LEAD_DAYS)
        check_in = self._at(source, arrival, 14, 22)
        if lead == 0:
            steps = [TimelineEvent(check_in, TimelineStep.CHECK_IN)]
        else:
            steps = self._before_arrival(source, arrival, lead)
        steps += self._arrival_outcome(source, check_in, departure, steps)
        return BookingTimeline(room, arrival, departure, traits, _in_order(steps))

    def _before_arrival(
        self, source: random.Random, arrival: date, lead: int
    ) -> list[TimelineEvent]:
        made = self._at(source, arrival - timedelta(days=lead), 7, 21)
        steps = [TimelineEvent(made, TimelineStep.CONFIRM)]
        if source.random() < _PENDING_SHARE and lead > 3:
            confirmed = made + timedelta(minutes=60 + int(source.random() * lead * 12 * 60))
            steps = [
                TimelineEvent(made, TimelineStep.OPTION),
                TimelineEvent(confirmed, TimelineStep.CONFIRM),
            ]
        if source.random() < _REQUEST_SHARE and lead > 1:
            asked = self._at(source, arrival - timedelta(days=1), 8, 20)
            steps.append(TimelineEvent(asked, TimelineStep.REQUEST))
        return steps

    def _arrival_outcome(
        self,
        source: random.Random,
        check_in: datetime,
        departure: date,
        before: list[TimelineEvent],
    ) -> list[TimelineEvent]:
        roll, made = source.random(), before[0].at
        if before[0].step is not TimelineStep.CHECK_IN and roll > 0.8:
            return [self._missed_outcome(source, roll, made, check_in)]
        leaves = self._at(source, departure, 7, 11)
        if leaves <= check_in:
            leaves = check_in + timedelta(hours=1)
        arrived = (
            []
            if before[0].step is TimelineStep.CHECK_IN
            else [TimelineEvent(check_in, TimelineStep.CHECK_IN)]
        )
        return [*arrived, TimelineEvent(leaves, TimelineStep.CHECK_OUT)]

    def _missed_outcome(
        self, source: random.Random, roll: float, made: datetime, check_in: datetime
    ) -> TimelineEvent:
        if roll > 0.97:
            return TimelineEvent(made + timedelta(minutes=10), TimelineStep.DELETE)
        if roll > 0.93:
            return TimelineEvent(check_in + timedelta(hours=14), TimelineStep.NO_SHOW)
        part = int((check_in - made).total_seconds() * source.random())
        return TimelineEvent(made + timedelta(seconds=part), TimelineStep.CANCEL)

    def _at(self, source: random.Random, day: date, first_hour: int, last_hour: int) -> datetime:
        minutes = (last_hour - first_hour + 1) * 60
        past_midnight = first_hour * 60 + int(source.random() * minutes)
        return midnight_utc(day, self._zone) + timedelta(minutes=past_midnight)


def _pick(source: random.Random, values: Sequence[int]) -> int:
    return values[int(source.random() * len(values))]


def _in_order(steps: list[TimelineEvent]) -> tuple[TimelineEvent, ...]:
    """What would come after a cancellation or deletion does not happen."""
    ends = [step.at for step in steps if step.step in (TimelineStep.CANCEL, TimelineStep.DELETE)]
    kept = [step for step in steps if not ends or step.at <= ends[0]]
    return tuple(sorted(kept, key=lambda step: step.at))
