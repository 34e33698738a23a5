"""How a hotel is read.

There is no filter by modification. A delta takes the business events that wait for us, each page of
them before anything else is asked, and reads what was created, cancelled, arrives or departs on the
business days since the last one. The rest is the window reconcile's, which takes no events: what it
reads may be compared only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.json_text import Json, dumps
from adapters.outbound.providers.ohip.api import Query
from adapters.outbound.providers.ohip.capabilities import (
    CAUGHT_UP_DAYS,
    EVENT_CALLS_A_RUN,
    STATISTICS_DAYS,
    STAY_WINDOW_DAYS,
)
from adapters.outbound.providers.ohip.hotel import Hotel
from adapters.outbound.providers.ohip.position import Phase, Position
from domain.snapshots import BookingSnapshot, Party
from domain.sync import SyncKind
from ports.errors import UnreadableAnswer
from ports.providers import Page, PullRequest, ReadItem
from ports.system import Clock

PHASES: Final = {
    SyncKind.DELTA: (Phase.EVENTS, Phase.DAYS, Phase.AVAILABILITY),
    SyncKind.FULL: (Phase.STAYS, Phase.AVAILABILITY),
    SyncKind.RECONCILE: (Phase.STAYS, Phase.AVAILABILITY),
}
MOST_RESTARTS: Final = 3
ONE_DAY: Final = timedelta(days=1)

Steps: TypeAlias = Iterator[tuple[Page, Position]]


def beginning(kind: SyncKind, cursor: date | None, today: date) -> Position:
    """A business date that went back (a restored system) is looked back from."""
    earliest = today - CAUGHT_UP_DAYS * ONE_DAY
    since = min(max(cursor or today, earliest), today)
    return Position(phase=PHASES[kind][0], today=today, since=since)


@dataclass(slots=True, kw_only=True)
class Pull:
    """`kind`: FULL for a delta without cursor. Without an `external_system` no events come."""

    hotel: Hotel
    request: PullRequest
    kind: SyncKind
    clock: Clock
    external_system: str | None
    pulls_profiles: bool
    seen: dict[str, int] = field(default_factory=dict)
    profiles: set[str] = field(default_factory=set)

    def pages(self, position: Position) -> Iterator[Page]:
        phases = PHASES[self.kind]
        steps: dict[Phase, Callable[[Position], Steps]] = {
            Phase.EVENTS: self._events,
            Phase.DAYS: lambda begin: self._lists(begin, self._of_these_days(begin)),
            Phase.STAYS: lambda begin: self._lists(begin, self._of_the_window()),
            Phase.AVAILABILITY: self._availability,
        }
        for phase in phases[phases.index(position.phase) :]:
            if phase is not position.phase:
                position = position.at(phase)
            for page, after in steps[phase](position):
                position = after
                yield replace(page, checkpoint=after.text())
        # A reconcile looked at its window only: the next delta starts where it would have.
        cursor = None if self.kind is SyncKind.RECONCILE else position.today.isoformat()
        yield Page(items=(), observed_at=self.clock.now(), cursor=cursor)

    def _events(self, begin: Position) -> Steps:
        """Until the queue is empty; a bound, so that a run comes to its end."""
        position = begin
        while self.external_system and position.step < EVENT_CALLS_A_RUN:
            observed_at = self.clock.now()
            taken = self.hotel.next_events(self.external_system)
            if not taken:
                return
            position = position.next_step()
            yield Page(items=(), observed_at=observed_at, notifications=taken), position

    def _of_these_days(self, begin: Position) -> list[Query]:
        first, last = begin.since, begin.today
        days = [first + offset * ONE_DAY for offset in range((last - first).days + 1)]
        span = (first - ONE_DAY).isoformat(), (last + ONE_DAY).isoformat()
        return [
            [("arrivalStartDate", span[0]), ("arrivalEndDate", span[1])],
            [("departureStartDate", span[0]), ("departureEndDate", span[1])],
            *([("createdOnStartDate", day.isoformat())] for day in days),
            *([("cancelledOn", day.isoformat())] for day in days),
        ]

    def _of_the_window(self) -> list[Query]:
        """Who is there already when it begins, then by days of arrival."""
        first, until = self.request.stay_from, self.request.stay_to
        earlier = (first - ONE_DAY).isoformat()
        found: list[Query] = [
            [("arrivalEndDate", earlier), ("departureStartDate", first.isoformat())]
        ]
        while first < until:
            last = min(first + STAY_WINDOW_DAYS * ONE_DAY, until) - ONE_DAY
            found.append(
                [("arrivalStartDate", first.isoformat()), ("arrivalEndDate", last.isoformat())]
            )
            first = last + ONE_DAY
        return found

    def _lists(self, begin: Position, questions: list[Query]) -> Steps:
        position = begin
        while position.step < len(questions):
            for page, after in self._list(position, questions[position.step]):
                position = after
                yield page, after
            position = position.next_step()

    def _list(self, begin: Position, question: Query) -> Steps:
        """Each page begins with the last reservation of the one before. Where that is another, the
        list moved while it was read: it is read again from its beginning."""
        position, restarts, more = begin, 0, True
        while more:
            observed_at = self.clock.now()
            values, more = self.hotel.reservations(question, offset=position.offset)
            if _moved(values, position) and restarts < MOST_RESTARTS:
                position, restarts, more = (
                    replace(position, offset=0, last=None),
                    restarts + 1,
                    True,
                )
                continue
            if not values and position.last is not None:
                raise UnreadableAnswer(reason="the page does not move", path="offset")
            more = more and len(values) > (position.last is not None)
            if values:
                offset = position.offset + len(values) - 1
                position = replace(position, offset=offset, last=_id(values[-1]))
                items = self._with_guests(self._unseen(values, observed_at))
                yield Page(items=items, observed_at=observed_at), position

    def _with_guests(self, items: list[ReadItem]) -> list[ReadItem]:
        if not self.pulls_profiles or self.kind is SyncKind.DELTA:
            return items
        wanted = [one for one in dict.fromkeys(_guest_ids(items)) if one not in self.profiles]
        self.profiles.update(wanted)
        return [*items, *self.hotel.guests(wanted, self.clock.now())]

    def _availability(self, begin: Position) -> Steps:
        first = max(begin.today, self.request.stay_from)
        position = begin
        while (day := first + position.step * STATISTICS_DAYS * ONE_DAY) < self.request.stay_to:
            last = min(day + STATISTICS_DAYS * ONE_DAY, self.request.stay_to) - ONE_DAY
            observed_at = self.clock.now()
            items, records = self.hotel.inventory(day, last, observed_at)
            position = position.next_step()
            yield Page(items=items, observed_at=observed_at, records=records), position

    def _unseen(self, found: list[Json], observed_at: datetime) -> list[ReadItem]:
        """Those that this run did not read yet, or reads otherwise now."""
        fresh = []
        for value in found:
            said, content = _id(value), hash(dumps(value))
            if said is not None and self.seen.get(said) == content:
                continue
            if said is not None:
                self.seen[said] = content
            fresh.append(value)
        return self.hotel.bookings(fresh, observed_at)


def _moved(values: list[Json], position: Position) -> bool:
    return position.last is not None and (not values or _id(values[0]) != position.last)


def _guest_ids(items: list[ReadItem]) -> Iterator[str]:
    for item in items:
        if isinstance(item.snapshot, BookingSnapshot):
            primary = item.snapshot.primary_guest
            if isinstance(primary, Party) and primary.guest_id:
                yield primary.guest_id


def _id(value: Json) -> str | None:
    """For the walk alone: what has no readable id is refused by the mapper."""
    ids = value.get("reservationIdList") if isinstance(value, dict) else None
    for each in ids if isinstance(ids, list) else ():
        if isinstance(each, dict) and each.get("type") == "Reservation":
            return str(each.get("id"))
    return None
