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

from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.providers.ohip.capabilities import (
    EVENT_CALLS_PER_RUN,
    LOOKBACK_DAYS,
    STATISTICS_DAYS,
    STAY_WINDOW_DAYS,
)
from adapters.outbound.providers.ohip.client.api import Query
from adapters.outbound.providers.ohip.client.checkpoint import OhipCheckpoint, OhipPhase
from adapters.outbound.providers.ohip.client.hotel import OhipHotel
from domain.snapshots import BookingSnapshot, Party
from domain.sync_run import SyncKind
from ports.errors import UnreadableAnswer
from ports.providers import Page, PullRequest, ReadItem
from ports.system import Clock

PHASES: Final = {
    SyncKind.DELTA: (OhipPhase.EVENTS, OhipPhase.DAYS, OhipPhase.AVAILABILITY),
    SyncKind.FULL: (OhipPhase.STAYS, OhipPhase.AVAILABILITY),
    SyncKind.RECONCILE: (OhipPhase.STAYS, OhipPhase.AVAILABILITY),
}
MAX_RESTARTS: Final = 3
ONE_DAY: Final = timedelta(days=1)

CheckpointedPages: TypeAlias = Iterator[tuple[Page, OhipCheckpoint]]


def initial_checkpoint(kind: SyncKind, cursor: date | None, today: date) -> OhipCheckpoint:
    """A business date that went back (a restored system) is looked back from."""
    earliest = today - LOOKBACK_DAYS * ONE_DAY
    since = min(max(cursor or today, earliest), today)
    return OhipCheckpoint(phase=PHASES[kind][0], today=today, since=since)


@dataclass(slots=True, kw_only=True)
class OhipPull:
    """`kind`: FULL for a delta without cursor. Without an `external_system` no events come."""

    hotel: OhipHotel
    request: PullRequest
    kind: SyncKind
    clock: Clock
    external_system: str | None
    pulls_profiles: bool
    seen: dict[str, int] = field(default_factory=dict)
    profiles: set[str] = field(default_factory=set)

    def pages(self, checkpoint: OhipCheckpoint) -> Iterator[Page]:
        phases = PHASES[self.kind]
        phase_readers: dict[OhipPhase, Callable[[OhipCheckpoint], CheckpointedPages]] = {
            OhipPhase.EVENTS: self._events,
            OhipPhase.DAYS: lambda resume_from: self._read_lists(
                resume_from, self._queries_by_day(resume_from)
            ),
            OhipPhase.STAYS: lambda resume_from: self._read_lists(
                resume_from, self._queries_by_window()
            ),
            OhipPhase.AVAILABILITY: self._availability,
        }
        for phase in phases[phases.index(checkpoint.phase) :]:
            if phase is not checkpoint.phase:
                checkpoint = checkpoint.at(phase)
            for page, after in phase_readers[phase](checkpoint):
                checkpoint = after
                yield replace(page, checkpoint=after.text())
        # A reconcile looked at its window only: the next delta starts where it would have.
        cursor = None if self.kind is SyncKind.RECONCILE else checkpoint.today.isoformat()
        yield Page(items=(), observed_at=self.clock.now(), cursor=cursor)

    def _events(self, resume_from: OhipCheckpoint) -> CheckpointedPages:
        """Until the queue is empty; a bound, so that a run comes to its end."""
        checkpoint = resume_from
        while self.external_system and checkpoint.step < EVENT_CALLS_PER_RUN:
            observed_at = self.clock.now()
            taken = self.hotel.next_events(self.external_system)
            if not taken:
                return
            checkpoint = checkpoint.next_step()
            yield Page(items=(), observed_at=observed_at, notifications=taken), checkpoint

    def _queries_by_day(self, resume_from: OhipCheckpoint) -> list[Query]:
        first, last = resume_from.since, resume_from.today
        days = [first + offset * ONE_DAY for offset in range((last - first).days + 1)]
        span = (first - ONE_DAY).isoformat(), (last + ONE_DAY).isoformat()
        return [
            [("arrivalStartDate", span[0]), ("arrivalEndDate", span[1])],
            [("departureStartDate", span[0]), ("departureEndDate", span[1])],
            *([("createdOnStartDate", day.isoformat())] for day in days),
            *([("cancelledOn", day.isoformat())] for day in days),
        ]

    def _queries_by_window(self) -> list[Query]:
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

    def _read_lists(self, resume_from: OhipCheckpoint, queries: list[Query]) -> CheckpointedPages:
        checkpoint = resume_from
        while checkpoint.step < len(queries):
            for page, after in self._read_list(checkpoint, queries[checkpoint.step]):
                checkpoint = after
                yield page, after
            checkpoint = checkpoint.next_step()

    def _read_list(self, resume_from: OhipCheckpoint, query: Query) -> CheckpointedPages:
        """Each page begins with the last reservation of the one before. Where that is another, the
        list moved while it was read: it is read again from its beginning."""
        checkpoint, restarts, has_more = resume_from, 0, True
        while has_more:
            observed_at = self.clock.now()
            values, has_more = self.hotel.fetch_reservations(query, offset=checkpoint.offset)
            if _has_moved(values, checkpoint) and restarts < MAX_RESTARTS:
                checkpoint, restarts, has_more = (
                    replace(checkpoint, offset=0, last=None),
                    restarts + 1,
                    True,
                )
                continue
            if not values and checkpoint.last is not None:
                raise UnreadableAnswer(reason="the page does not move", path="offset")
            has_more = has_more and len(values) > (checkpoint.last is not None)
            if values:
                offset = checkpoint.offset + len(values) - 1
                checkpoint = replace(checkpoint, offset=offset, last=_reservation_id(values[-1]))
                items = self._with_guests(self._unseen(values, observed_at))
                yield Page(items=items, observed_at=observed_at), checkpoint

    def _with_guests(self, items: list[ReadItem]) -> list[ReadItem]:
        if not self.pulls_profiles or self.kind is SyncKind.DELTA:
            return items
        new_ids = [one for one in dict.fromkeys(_guest_ids(items)) if one not in self.profiles]
        self.profiles.update(new_ids)
        return [*items, *self.hotel.guests(new_ids, self.clock.now())]

    def _availability(self, resume_from: OhipCheckpoint) -> CheckpointedPages:
        first = max(resume_from.today, self.request.stay_from)
        checkpoint = resume_from
        while (day := first + checkpoint.step * STATISTICS_DAYS * ONE_DAY) < self.request.stay_to:
            last = min(day + STATISTICS_DAYS * ONE_DAY, self.request.stay_to) - ONE_DAY
            observed_at = self.clock.now()
            items, records = self.hotel.inventory(day, last, observed_at)
            checkpoint = checkpoint.next_step()
            yield Page(items=items, observed_at=observed_at, records=records), checkpoint

    def _unseen(self, found: list[Json], observed_at: datetime) -> list[ReadItem]:
        """Those that this run did not read yet, or reads otherwise now."""
        unseen = []
        for value in found:
            reservation_id, content = _reservation_id(value), hash(dumps(value))
            if reservation_id is not None and self.seen.get(reservation_id) == content:
                continue
            if reservation_id is not None:
                self.seen[reservation_id] = content
            unseen.append(value)
        return self.hotel.bookings(unseen, observed_at)


def _has_moved(values: list[Json], checkpoint: OhipCheckpoint) -> bool:
    return checkpoint.last is not None and (
        not values or _reservation_id(values[0]) != checkpoint.last
    )


def _guest_ids(items: list[ReadItem]) -> Iterator[str]:
    for item in items:
        if isinstance(item.snapshot, BookingSnapshot):
            primary = item.snapshot.primary_guest
            if isinstance(primary, Party) and primary.guest_id:
                yield primary.guest_id


def _reservation_id(value: Json) -> str | None:
    """For the walk alone: what has no readable id is refused by the mapper."""
    ids = value.get("reservationIdList") if isinstance(value, dict) else None
    for each in ids if isinstance(ids, list) else ():
        if isinstance(each, dict) and each.get("type") == "Reservation":
            return str(each.get("id"))
    return None
