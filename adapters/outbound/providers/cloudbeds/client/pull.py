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

from adapters.outbound.provider_kit.http.checkpoint import format_utc_seconds
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.providers.cloudbeds.capabilities import OVERLAP, RATE_WINDOW, STAY_WINDOW
from adapters.outbound.providers.cloudbeds.client.checkpoint import (
    CloudbedsCheckpoint,
    CloudbedsPhase,
)
from adapters.outbound.providers.cloudbeds.client.hotel import CloudbedsHotel
from domain.snapshots import HotelRecords
from domain.sync_run import SyncKind
from ports.providers import Page, PullRequest, ReadItem
from ports.system import Clock

_FULL_PHASES: Final = (
    CloudbedsPhase.RECORDS,
    CloudbedsPhase.GUESTS,
    CloudbedsPhase.STAYS,
    # What changes while the windows are read may be on a page that was read already.
    CloudbedsPhase.CHANGES,
    CloudbedsPhase.CHANGED_GUESTS,
    CloudbedsPhase.AVAILABILITY,
)
PHASES: Final[Mapping[SyncKind, tuple[CloudbedsPhase, ...]]] = {
    SyncKind.DELTA: (
        CloudbedsPhase.RECORDS,
        CloudbedsPhase.CHANGES,
        CloudbedsPhase.CHANGED_GUESTS,
        CloudbedsPhase.AVAILABILITY,
    ),
    SyncKind.FULL: _FULL_PHASES,
    SyncKind.RECONCILE: _FULL_PHASES,
}
_MAX_PASSES: Final = 5
"""Of a hotel that never rests; the next delta goes on."""

_ONE_DAY: Final = timedelta(days=1)

CheckpointedPages = Iterator[tuple[Page, CloudbedsCheckpoint]]


def initial_checkpoint(
    hotel: CloudbedsHotel, cursor: datetime | None, now: datetime
) -> CloudbedsCheckpoint:
    """Without a cursor: from the newest change at the provider, so that no clock but the
    provider's is looked at; from yesterday where nothing was ever booked."""
    newest = cursor or min(hotel.newest_change(now) or now - _ONE_DAY, now)
    return CloudbedsCheckpoint(phase=CloudbedsPhase.RECORDS, newest=newest, since=newest - OVERLAP)


@dataclass(slots=True, kw_only=True)
class CloudbedsPull:
    """`kind` is FULL for a delta that has no cursor yet."""

    hotel: CloudbedsHotel
    request: PullRequest
    kind: SyncKind
    clock: Clock
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def pages(self, checkpoint: CloudbedsCheckpoint) -> Iterator[Page]:
        phases = PHASES[self.kind]
        phase_readers: dict[CloudbedsPhase, Callable[[CloudbedsCheckpoint], CheckpointedPages]] = {
            CloudbedsPhase.RECORDS: self._records,
            CloudbedsPhase.GUESTS: self._guests,
            CloudbedsPhase.STAYS: self._stays,
            CloudbedsPhase.CHANGES: self._changes,
            CloudbedsPhase.CHANGED_GUESTS: self._changed_guests,
            CloudbedsPhase.AVAILABILITY: self._availability,
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

    def _records(self, resume_from: CloudbedsCheckpoint) -> CheckpointedPages:
        phases = PHASES[self.kind]
        observed_at = self.clock.now()
        records: HotelRecords = self.hotel.records(self.hotel.today(observed_at))
        after = resume_from.at(phases[phases.index(resume_from.phase) + 1])
        yield Page(items=(), observed_at=observed_at, records=records), after

    def _guests(self, resume_from: CloudbedsCheckpoint) -> CheckpointedPages:
        def fetch_pages(
            first: date, last: date | None, page: int
        ) -> Iterator[tuple[int, list[Json]]]:
            query = _check_out_query("checkOutFrom", "checkOutTo", first, last)
            return self.hotel.guest_pages(query, first=page)

        yield from self._read_windows(resume_from, fetch_pages, self._map_unseen_guests)

    def _stays(self, resume_from: CloudbedsCheckpoint) -> CheckpointedPages:
        def fetch_pages(
            first: date, last: date | None, page: int
        ) -> Iterator[tuple[int, list[Json]]]:
            names = ("reservationCheckOutFrom", "reservationCheckOutTo")
            query = _check_out_query(*names, first, last)
            return self.hotel.reservation_pages(query, self.clock.now(), first=page)

        yield from self._read_windows(resume_from, fetch_pages, self._map_unseen_bookings)

    def _read_windows(
        self,
        resume_from: CloudbedsCheckpoint,
        fetch_pages: Callable[[date, date | None, int], Iterator[tuple[int, list[Json]]]],
        map_unseen: Callable[[list[Json]], list[ReadItem]],
    ) -> CheckpointedPages:
        day, page = resume_from.day or self.request.stay_from, resume_from.page
        while True:
            until = min(day + STAY_WINDOW, self.request.stay_to)
            last = until - _ONE_DAY if day < self.request.stay_to else None
            checkpoint = replace(resume_from, day=day, page=page)
            yield from self._read_pages(
                checkpoint,
                lambda number: fetch_pages(day, last, number),  # noqa: B023  # used up before the next turn
                map_unseen,
            )
            if last is None:
                return
            day, page = until, 1

    def _read_pages(
        self,
        checkpoint: CloudbedsCheckpoint,
        fetch_pages: Callable[[int], Iterator[tuple[int, list[Json]]]],
        map_unseen: Callable[[list[Json]], list[ReadItem]],
    ) -> CheckpointedPages:
        observed_at = self.clock.now()
        for number, found in fetch_pages(checkpoint.page):
            after = replace(checkpoint, page=number + 1)
            yield Page(items=map_unseen(found), observed_at=observed_at), after
            observed_at = self.clock.now()

    def _changes(self, resume_from: CloudbedsCheckpoint) -> CheckpointedPages:
        checkpoint = resume_from
        for pass_number in range(_MAX_PASSES):
            pages, new_items = 0, 0
            observed_at = self.clock.now()
            for number, found in self.hotel.fetch_changed_pages(
                checkpoint.since, observed_at, first=checkpoint.page
            ):
                if number == 1 and pass_number == 0:
                    checkpoint = replace(
                        checkpoint, newest=self._newest_change(checkpoint, found, observed_at)
                    )
                items = self._map_unseen_bookings(found)
                checkpoint = replace(checkpoint, page=number + 1)
                if items:
                    yield Page(items=items, observed_at=observed_at), checkpoint
                observed_at = self.clock.now()
                pages, new_items = number, new_items + len(items)
            if pages <= 1 or not new_items:
                return
            checkpoint = replace(checkpoint, page=1)

    def _changed_guests(self, resume_from: CloudbedsCheckpoint) -> CheckpointedPages:
        query = {"resultsFrom": self.hotel.since_text(resume_from.since)}

        def fetch_pages(page: int) -> Iterator[tuple[int, list[Json]]]:
            return self.hotel.guest_pages(query, first=page)

        yield from self._read_pages(resume_from, fetch_pages, self._map_unseen_guests)

    def _availability(self, resume_from: CloudbedsCheckpoint) -> CheckpointedPages:
        today = self.hotel.today(self.clock.now())
        day = max(resume_from.day or today, self.request.stay_from, today)
        kinds = self.hotel.room_type_ids() if day < self.request.stay_to else []
        while day < self.request.stay_to:
            until = min(day + RATE_WINDOW, self.request.stay_to)
            observed_at = self.clock.now()
            items = self.hotel.cells(day, until, observed_at, kinds)
            day = until
            yield Page(items=items, observed_at=observed_at), replace(resume_from, day=day)

    def _newest_change(
        self, checkpoint: CloudbedsCheckpoint, found: list[Json], now: datetime
    ) -> datetime:
        """Never beyond our own clock: one change stamped in the future would hide all until
        then."""
        newest = self.hotel.newest_modified(found)
        return max(checkpoint.newest, min(newest, now)) if newest else checkpoint.newest

    def _map_unseen_bookings(self, found: list[Json]) -> list[ReadItem]:
        return self.hotel.bookings(self._unseen(found, "reservationID"))

    def _map_unseen_guests(self, found: list[Json]) -> list[ReadItem]:
        return self.hotel.guests(self._unseen(found, "guestID"))

    def _unseen(self, found: list[Json], key: str) -> list[Json]:
        """Those that this run did not read yet, or reads otherwise now."""
        map_unseen = []
        for value in found:
            external_id = value.get(key) if isinstance(value, dict) else None
            if isinstance(external_id, str | int):
                content = hash(dumps(value))
                if self.seen.get((key, str(external_id))) == content:
                    continue
                self.seen[key, str(external_id)] = content
            map_unseen.append(value)
        return map_unseen


def _check_out_query(from_: str, to: str, first: date, last: date | None) -> dict[str, str]:
    query = {from_: first.isoformat()}
    if last is not None:
        query[to] = last.isoformat()
    return query
