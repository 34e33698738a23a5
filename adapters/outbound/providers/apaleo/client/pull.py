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

from adapters.outbound.provider_kit.http.checkpoint import format_utc_seconds
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.local_time import midnight_utc
from adapters.outbound.providers.apaleo.capabilities import (
    AVAILABILITY_DAYS,
    OVERLAP,
    STAY_WINDOW,
)
from adapters.outbound.providers.apaleo.client.checkpoint import ApaleoCheckpoint, ApaleoPhase
from adapters.outbound.providers.apaleo.client.hotel import ApaleoHotel, modified_at
from domain.sync_run import SyncKind
from ports.providers import Page, PullRequest, ReadItem
from ports.system import Clock

_FULL_PHASES: Final = (
    ApaleoPhase.RECORDS,
    ApaleoPhase.STAYS,
    ApaleoPhase.CHANGES,
    ApaleoPhase.AVAILABILITY,
)
PHASES: Final[Mapping[SyncKind, tuple[ApaleoPhase, ...]]] = {
    SyncKind.DELTA: (ApaleoPhase.RECORDS, ApaleoPhase.CHANGES, ApaleoPhase.AVAILABILITY),
    # What changes while the windows are read may be on a page that was read already.
    SyncKind.FULL: _FULL_PHASES,
    SyncKind.RECONCILE: _FULL_PHASES,
}


def initial_checkpoint(
    hotel: ApaleoHotel, cursor: datetime | None, now: datetime
) -> ApaleoCheckpoint:
    """Without a cursor: from the newest change at the provider, so that no clock but the
    provider's is looked at; from yesterday where nothing was ever booked."""
    newest = cursor or min(hotel.newest_change() or now - timedelta(days=1), now)
    return ApaleoCheckpoint(phase=ApaleoPhase.RECORDS, newest=newest, since=newest - OVERLAP)


@dataclass(slots=True, kw_only=True)
class ApaleoPull:
    """`kind` is FULL for a delta that has no cursor yet."""

    hotel: ApaleoHotel
    request: PullRequest
    kind: SyncKind
    clock: Clock
    seen: dict[str, int] = field(default_factory=dict)

    def pages(self, checkpoint: ApaleoCheckpoint) -> Iterator[Page]:
        phases = PHASES[self.kind]
        phase_readers: dict[
            ApaleoPhase, Callable[[ApaleoCheckpoint], Iterator[tuple[Page, ApaleoCheckpoint]]]
        ] = {
            ApaleoPhase.RECORDS: self._records,
            ApaleoPhase.STAYS: self._stays,
            ApaleoPhase.CHANGES: self._changes,
            ApaleoPhase.AVAILABILITY: self._availability,
        }
        for phase in phases[phases.index(checkpoint.phase) :]:
            if phase is not checkpoint.phase:
                checkpoint = checkpoint.at(phase)
            for page, after in phase_readers[phase](checkpoint):
                checkpoint = after
                yield replace(page, checkpoint=after.text())
        # A reconcile looked at its window only: the next delta starts where it would have.
        cursor = None if self.kind is SyncKind.RECONCILE else format_utc_seconds(checkpoint.newest)
        yield Page(items=(), observed_at=self.clock.now(), cursor=cursor)

    def _records(self, resume_from: ApaleoCheckpoint) -> Iterator[tuple[Page, ApaleoCheckpoint]]:
        phases = PHASES[self.kind]
        observed_at = self.clock.now()
        records = self.hotel.records()
        after = resume_from.at(phases[phases.index(resume_from.phase) + 1])
        yield Page(items=(), observed_at=observed_at, records=records), after

    def _stays(self, resume_from: ApaleoCheckpoint) -> Iterator[tuple[Page, ApaleoCheckpoint]]:
        day = resume_from.day or self.request.stay_from
        page = resume_from.page
        while day < self.request.stay_to:
            until = min(day + STAY_WINDOW, self.request.stay_to)
            yield from self._window(replace(resume_from, day=day, page=page), day, until)
            day, page = until, 1

    def _window(
        self, checkpoint: ApaleoCheckpoint, first: date, until: date
    ) -> Iterator[tuple[Page, ApaleoCheckpoint]]:
        query = {
            "dateFilter": "Stay",
            "from": format_utc_seconds(midnight_utc(first, self.hotel.zone)),
            "to": format_utc_seconds(midnight_utc(until, self.hotel.zone)),
            "sort": "created:asc",
        }
        observed_at = self.clock.now()
        for number, found in self.hotel.reservation_pages(query, first=checkpoint.page):
            after = replace(checkpoint, page=number + 1)
            yield Page(items=self._unseen(found), observed_at=observed_at), after
            observed_at = self.clock.now()

    def _changes(self, resume_from: ApaleoCheckpoint) -> Iterator[tuple[Page, ApaleoCheckpoint]]:
        """Each page is asked for from the last one's end."""
        checkpoint, is_finished = resume_from, False
        while not is_finished:
            observed_at = self.clock.now()
            found = self.hotel.fetch_changed_since(checkpoint.since, 1)
            newest_modified = max(map(modified_at, found), default=checkpoint.since)
            if newest_modified.replace(microsecond=0) > checkpoint.since:
                since = newest_modified.replace(microsecond=0)
                after = replace(
                    checkpoint,
                    since=since,
                    newest=_newest_change(checkpoint, newest_modified, observed_at),
                )
                items = self._unseen(found)
            else:
                (items, newest_modified), is_finished = (
                    self._read_same_second(checkpoint, found),
                    True,
                )
                after = replace(
                    checkpoint, newest=_newest_change(checkpoint, newest_modified, observed_at)
                )
            if items:
                yield Page(items=items, observed_at=observed_at), after
            checkpoint = after

    def _read_same_second(
        self, checkpoint: ApaleoCheckpoint, found: list[Json]
    ) -> tuple[list[ReadItem], datetime]:
        """All of the second `since`, of which `found` is the first page, and what comes after it;
        with the last change that was read."""
        items, newest_modified = self._unseen(found), checkpoint.since
        new = len(items)
        while True:
            number = 1
            while found:
                newest_modified = max(newest_modified, *map(modified_at, found))
                number += 1
                found = self.hotel.fetch_changed_since(checkpoint.since, number)
                items += self._unseen(found)
            if number == 2 or len(items) == new:
                return items, newest_modified
            new = len(items)
            found = self.hotel.fetch_changed_since(checkpoint.since, 1)
            items += self._unseen(found)

    def _availability(
        self, resume_from: ApaleoCheckpoint
    ) -> Iterator[tuple[Page, ApaleoCheckpoint]]:
        today = self.hotel.today(self.clock.now())
        day = max(resume_from.day or today, self.request.stay_from, today)
        while day < self.request.stay_to:
            until = min(day + timedelta(days=AVAILABILITY_DAYS), self.request.stay_to)
            observed_at = self.clock.now()
            items = self.hotel.cells(day, until, observed_at)
            day = until
            yield Page(items=items, observed_at=observed_at), replace(resume_from, day=day)

    def _unseen(self, found: list[Json]) -> list[ReadItem]:
        """Those that this run did not read yet, or reads otherwise now."""
        unseen = []
        for value in found:
            reservation_id = value.get("id") if isinstance(value, dict) else None
            if isinstance(reservation_id, str):
                content = hash(dumps(value))
                if self.seen.get(reservation_id) == content:
                    continue
                self.seen[reservation_id] = content
            unseen.append(value)
        return self.hotel.bookings(unseen)


def _newest_change(
    checkpoint: ApaleoCheckpoint, newest_modified: datetime, now: datetime
) -> datetime:
    """Never beyond our own clock: one change stamped in the future would hide all until then."""
    return max(checkpoint.newest, min(newest_modified, now))
