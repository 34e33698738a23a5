"""One run over the API: its phases in order, each page with its checkpoint.

Changes are read oldest first from an instant on, without an end: each page goes on from the last
change of the one before (`from` is included, so what ties with it comes again), never by a page
number that a change in the meantime would shift. Only where more changes than a page holds tie
within one second are they paged, and then read again until nothing new comes.

Stays are read by windows of a month. One that leaves a window while it is paged may hide another
from it; both have their next chance in the window beside, with the changes, or at the next
reconcile.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.checkpoint import utc_text
from adapters.outbound.provider_kit.json_text import Json, dumps
from adapters.outbound.provider_kit.local_time import midnight_utc
from adapters.outbound.providers.apaleo.capabilities import (
    AVAILABILITY_DAYS,
    OVERLAP,
    STAY_WINDOW,
)
from adapters.outbound.providers.apaleo.hotel import Hotel, modified_of
from adapters.outbound.providers.apaleo.position import Phase, Position
from domain.sync import SyncKind
from ports.providers import Page, PullRequest, ReadItem
from ports.system import Clock

_AROUND_STAYS: Final = (Phase.RECORDS, Phase.STAYS, Phase.CHANGES, Phase.AVAILABILITY)
PHASES: Final[Mapping[SyncKind, tuple[Phase, ...]]] = {
    SyncKind.DELTA: (Phase.RECORDS, Phase.CHANGES, Phase.AVAILABILITY),
    # What changes while the windows are read may be on a page that was read already.
    SyncKind.FULL: _AROUND_STAYS,
    SyncKind.RECONCILE: _AROUND_STAYS,
}


def beginning(hotel: Hotel, cursor: datetime | None, now: datetime) -> Position:
    """Without a cursor: from the newest change at the provider, so that no clock but the
    provider's is looked at; from yesterday where nothing was ever booked."""
    newest = cursor or min(hotel.newest_change() or now - timedelta(days=1), now)
    return Position(phase=Phase.RECORDS, newest=newest, since=newest - OVERLAP)


@dataclass(slots=True, kw_only=True)
class Pull:
    """`kind` is FULL for a delta that has no cursor yet."""

    hotel: Hotel
    request: PullRequest
    kind: SyncKind
    clock: Clock
    seen: dict[str, int] = field(default_factory=dict)

    def pages(self, position: Position) -> Iterator[Page]:
        phases = PHASES[self.kind]
        steps: dict[Phase, Callable[[Position], Iterator[tuple[Page, Position]]]] = {
            Phase.RECORDS: self._records,
            Phase.STAYS: self._stays,
            Phase.CHANGES: self._changes,
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

    def _records(self, begin: Position) -> Iterator[tuple[Page, Position]]:
        phases = PHASES[self.kind]
        observed_at = self.clock.now()
        records = self.hotel.records()
        after = begin.at(phases[phases.index(begin.phase) + 1])
        yield Page(items=(), observed_at=observed_at, records=records), after

    def _stays(self, begin: Position) -> Iterator[tuple[Page, Position]]:
        day = begin.day or self.request.stay_from
        page = begin.page
        while day < self.request.stay_to:
            until = min(day + STAY_WINDOW, self.request.stay_to)
            yield from self._window(replace(begin, day=day, page=page), day, until)
            day, page = until, 1

    def _window(
        self, position: Position, first: date, until: date
    ) -> Iterator[tuple[Page, Position]]:
        query = {
            "dateFilter": "Stay",
            "from": utc_text(midnight_utc(first, self.hotel.zone)),
            "to": utc_text(midnight_utc(until, self.hotel.zone)),
            "sort": "created:asc",
        }
        observed_at = self.clock.now()
        for number, found in self.hotel.reservation_pages(query, first=position.page):
            after = replace(position, page=number + 1)
            yield Page(items=self._unseen(found), observed_at=observed_at), after
            observed_at = self.clock.now()

    def _changes(self, begin: Position) -> Iterator[tuple[Page, Position]]:
        """Each page is asked for from the last one's end."""
        position, ended = begin, False
        while not ended:
            observed_at = self.clock.now()
            found = self.hotel.changed_since(position.since, 1)
            ends = max(map(modified_of, found), default=position.since)
            if ends.replace(microsecond=0) > position.since:
                since = ends.replace(microsecond=0)
                after = replace(position, since=since, newest=_later(position, ends, observed_at))
                items = self._unseen(found)
            else:
                (items, ends), ended = self._tied(position, found), True
                after = replace(position, newest=_later(position, ends, observed_at))
            if items:
                yield Page(items=items, observed_at=observed_at), after
            position = after

    def _tied(self, position: Position, found: list[Json]) -> tuple[list[ReadItem], datetime]:
        """All of the second `since`, of which `found` is the first page, and what comes after it;
        with the last change that was read."""
        items, ends = self._unseen(found), position.since
        new = len(items)
        while True:
            number = 1
            while found:
                ends = max(ends, *map(modified_of, found))
                number += 1
                found = self.hotel.changed_since(position.since, number)
                items += self._unseen(found)
            if number == 2 or len(items) == new:
                return items, ends
            new = len(items)
            found = self.hotel.changed_since(position.since, 1)
            items += self._unseen(found)

    def _availability(self, begin: Position) -> Iterator[tuple[Page, Position]]:
        today = self.hotel.today(self.clock.now())
        day = max(begin.day or today, self.request.stay_from, today)
        while day < self.request.stay_to:
            until = min(day + timedelta(days=AVAILABILITY_DAYS), self.request.stay_to)
            observed_at = self.clock.now()
            items = self.hotel.cells(day, until, observed_at)
            day = until
            yield Page(items=items, observed_at=observed_at), replace(begin, day=day)

    def _unseen(self, found: list[Json]) -> list[ReadItem]:
        """Those that this run did not read yet, or reads otherwise now."""
        fresh = []
        for value in found:
            said = value.get("id") if isinstance(value, dict) else None
            if isinstance(said, str):
                content = hash(dumps(value))
                if self.seen.get(said) == content:
                    continue
                self.seen[said] = content
            fresh.append(value)
        return self.hotel.bookings(fresh)


def _later(position: Position, ends: datetime, now: datetime) -> datetime:
    """Never beyond our own clock: one change stamped in the future would hide all until then."""
    return max(position.newest, min(ends, now))
