"""One run over the API: its phases in order, each page with its checkpoint.

Changes are read newest first from an instant on, without an end: what changes meanwhile moves to
the front and pushes the others back, so that nothing is passed over. More than one page is read
again from the front until nothing new comes; what moves after that is newer than the cursor.

Stays and guests are read by windows of the day of check-out, the last one without an end. One that
leaves a window while it is paged may hide another from it; both have their next chance with the
changes, or at the next reconcile.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.checkpoint import utc_text
from adapters.outbound.provider_kit.json_text import Json, dumps
from adapters.outbound.providers.cloudbeds.capabilities import OVERLAP, RATE_WINDOW, STAY_WINDOW
from adapters.outbound.providers.cloudbeds.hotel import Hotel
from adapters.outbound.providers.cloudbeds.position import Phase, Position
from domain.snapshots import HotelRecords
from domain.sync import SyncKind
from ports.providers import Page, PullRequest, ReadItem
from ports.system import Clock

_WINDOWS: Final = (
    Phase.RECORDS,
    Phase.GUESTS,
    Phase.STAYS,
    # What changes while the windows are read may be on a page that was read already.
    Phase.CHANGES,
    Phase.CHANGED_GUESTS,
    Phase.AVAILABILITY,
)
PHASES: Final[Mapping[SyncKind, tuple[Phase, ...]]] = {
    SyncKind.DELTA: (Phase.RECORDS, Phase.CHANGES, Phase.CHANGED_GUESTS, Phase.AVAILABILITY),
    SyncKind.FULL: _WINDOWS,
    SyncKind.RECONCILE: _WINDOWS,
}
_MOST_PASSES: Final = 5
"""Of a hotel that never rests; the next delta goes on."""

_ONE_DAY: Final = timedelta(days=1)

Steps = Iterator[tuple[Page, Position]]


def beginning(hotel: Hotel, cursor: datetime | None, now: datetime) -> Position:
    """Without a cursor: from the newest change at the provider, so that no clock but the
    provider's is looked at; from yesterday where nothing was ever booked."""
    newest = cursor or min(hotel.newest_change(now) or now - _ONE_DAY, now)
    return Position(phase=Phase.RECORDS, newest=newest, since=newest - OVERLAP)


@dataclass(slots=True, kw_only=True)
class Pull:
    """`kind` is FULL for a delta that has no cursor yet."""

    hotel: Hotel
    request: PullRequest
    kind: SyncKind
    clock: Clock
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def pages(self, position: Position) -> Iterator[Page]:
        phases = PHASES[self.kind]
        steps: dict[Phase, Callable[[Position], Steps]] = {
            Phase.RECORDS: self._records,
            Phase.GUESTS: self._guests,
            Phase.STAYS: self._stays,
            Phase.CHANGES: self._changes,
            Phase.CHANGED_GUESTS: self._changed_guests,
            Phase.AVAILABILITY: self._availability,
        }
        for phase in phases[phases.index(position.phase) :]:
            if phase is not position.phase:
                position = position.at(phase)
            for page, after in steps[phase](position):
                position = after
                yield replace(page, checkpoint=after.text())
        # A reconcile looked at its window only: the next delta starts where it would have.
        cursor = None if self.kind is SyncKind.RECONCILE else utc_text(position.newest)
        yield Page(items=(), observed_at=self.clock.now(), cursor=cursor)

    def _records(self, begin: Position) -> Steps:
        phases = PHASES[self.kind]
        observed_at = self.clock.now()
        records: HotelRecords = self.hotel.records(self.hotel.today(observed_at))
        after = begin.at(phases[phases.index(begin.phase) + 1])
        yield Page(items=(), observed_at=observed_at, records=records), after

    def _guests(self, begin: Position) -> Steps:
        def ask(first: date, last: date | None, page: int) -> Iterator[tuple[int, list[Json]]]:
            query = _by_check_out("checkOutFrom", "checkOutTo", first, last)
            return self.hotel.guest_pages(query, first=page)

        yield from self._windows(begin, ask, self._fresh_guests)

    def _stays(self, begin: Position) -> Steps:
        def ask(first: date, last: date | None, page: int) -> Iterator[tuple[int, list[Json]]]:
            names = ("reservationCheckOutFrom", "reservationCheckOutTo")
            query = _by_check_out(*names, first, last)
            return self.hotel.reservation_pages(query, self.clock.now(), first=page)

        yield from self._windows(begin, ask, self._fresh_bookings)

    def _windows(
        self,
        begin: Position,
        ask: Callable[[date, date | None, int], Iterator[tuple[int, list[Json]]]],
        fresh: Callable[[list[Json]], list[ReadItem]],
    ) -> Steps:
        day, page = begin.day or self.request.stay_from, begin.page
        while True:
            until = min(day + STAY_WINDOW, self.request.stay_to)
            last = until - _ONE_DAY if day < self.request.stay_to else None
            position = replace(begin, day=day, page=page)
            yield from self._paged(position, lambda number: ask(day, last, number), fresh)  # noqa: B023  # used up before the next turn
            if last is None:
                return
            day, page = until, 1

    def _paged(
        self,
        position: Position,
        ask: Callable[[int], Iterator[tuple[int, list[Json]]]],
        fresh: Callable[[list[Json]], list[ReadItem]],
    ) -> Steps:
        observed_at = self.clock.now()
        for number, found in ask(position.page):
            after = replace(position, page=number + 1)
            yield Page(items=fresh(found), observed_at=observed_at), after
            observed_at = self.clock.now()

    def _changes(self, begin: Position) -> Steps:
        position = begin
        for turn in range(_MOST_PASSES):
            pages, news = 0, 0
            observed_at = self.clock.now()
            for number, found in self.hotel.changed_pages(
                position.since, observed_at, first=position.page
            ):
                if number == 1 and turn == 0:
                    position = replace(position, newest=self._later(position, found, observed_at))
                items = self._fresh_bookings(found)
                position = replace(position, page=number + 1)
                if items:
                    yield Page(items=items, observed_at=observed_at), position
                observed_at = self.clock.now()
                pages, news = number, news + len(items)
            if pages <= 1 or not news:
                return
            position = replace(position, page=1)

    def _changed_guests(self, begin: Position) -> Steps:
        query = {"resultsFrom": self.hotel.since_text(begin.since)}

        def ask(page: int) -> Iterator[tuple[int, list[Json]]]:
            return self.hotel.guest_pages(query, first=page)

        yield from self._paged(begin, ask, self._fresh_guests)

    def _availability(self, begin: Position) -> Steps:
        today = self.hotel.today(self.clock.now())
        day = max(begin.day or today, self.request.stay_from, today)
        kinds = self.hotel.room_type_ids() if day < self.request.stay_to else []
        while day < self.request.stay_to:
            until = min(day + RATE_WINDOW, self.request.stay_to)
            observed_at = self.clock.now()
            items = self.hotel.cells(day, until, observed_at, kinds)
            day = until
            yield Page(items=items, observed_at=observed_at), replace(begin, day=day)

    def _later(self, position: Position, found: list[Json], now: datetime) -> datetime:
        """Never beyond our own clock: one change stamped in the future would hide all until
        then."""
        newest = self.hotel.newest_of(found)
        return max(position.newest, min(newest, now)) if newest else position.newest

    def _fresh_bookings(self, found: list[Json]) -> list[ReadItem]:
        return self.hotel.bookings(self._unseen(found, "reservationID"))

    def _fresh_guests(self, found: list[Json]) -> list[ReadItem]:
        return self.hotel.guests(self._unseen(found, "guestID"))

    def _unseen(self, found: list[Json], key: str) -> list[Json]:
        """Those that this run did not read yet, or reads otherwise now."""
        fresh = []
        for value in found:
            said = value.get(key) if isinstance(value, dict) else None
            if isinstance(said, str | int):
                content = hash(dumps(value))
                if self.seen.get((key, str(said))) == content:
                    continue
                self.seen[key, str(said)] = content
            fresh.append(value)
        return fresh


def _by_check_out(from_: str, to: str, first: date, last: date | None) -> dict[str, str]:
    query = {from_: first.isoformat()}
    if last is not None:
        query[to] = last.isoformat()
    return query
