"""The phases of a pull.

Changes come newest first, from an instant on, with open end: what changes meanwhile moves to the
front and pushes the others back, so that none is missed. More than one page is read again from the
front until nothing new comes; what moves after that is newer than the cursor.

Stays and guests are read in windows of the day of check-out, the last one without end. One that
leaves a window while it is paged may hide another one from it; both are read with the changes, or
by the next reconcile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from typing import Final

from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.pull.changes import repeat_until_stable
from adapters.outbound.provider_kit.pull.checkpoint import PagedCheckpoint, latest_change
from adapters.outbound.provider_kit.pull.engine import WINDOW_ONLY, Phase
from adapters.outbound.provider_kit.pull.properties import PropertyPull
from adapters.outbound.provider_kit.pull.reading import (
    CheckpointedPages,
    NumberedPages,
    availability_pages,
    day_windows,
    numbered_pages,
    read_windows,
)
from adapters.outbound.providers.cloudbeds.capabilities import OVERLAP, RATE_WINDOW, STAY_WINDOW
from adapters.outbound.providers.cloudbeds.client.hotel import CloudbedsHotel, id_of
from ports.providers import Page, ReadItem

_MAX_PASSES: Final = 5
"""Of a list that keeps changing; the next delta goes on from there."""

_ONE_DAY: Final = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class CloudbedsPull(PropertyPull[CloudbedsHotel]):
    overlap = OVERLAP

    def _phases(self) -> Sequence[Phase[PagedCheckpoint]]:
        return (
            Phase("guests", self._guests, WINDOW_ONLY),
            Phase("stays", self._stays, WINDOW_ONLY),
            # Before the changes: what changes meanwhile is among those.
            Phase("created", self._created),
            # A stay that changes while the windows are read may move to a page already read.
            Phase("changes", self._changes),
            Phase("changed-guests", self._changed_guests),
            Phase("availability", self._availability),
        )

    def _guests(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        def fetch_pages(first: date, until: date | None, page: int) -> NumberedPages:
            query = _check_out_query("checkOutFrom", "checkOutTo", first, until)
            return self.hotel.guest_pages(query, first=page)

        windows = self._windows(resume_from)
        return read_windows(resume_from, windows, fetch_pages, self._map_guests, self.clock)

    def _stays(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        def fetch_pages(first: date, until: date | None, page: int) -> NumberedPages:
            names = ("reservationCheckOutFrom", "reservationCheckOutTo")
            query = _check_out_query(*names, first, until)
            return self.hotel.reservation_pages(query, self.clock.now(), first=page)

        windows = self._windows(resume_from)
        return read_windows(resume_from, windows, fetch_pages, self._map_bookings, self.clock)

    def _windows(self, resume_from: PagedCheckpoint) -> Iterator[tuple[date, date | None]]:
        first, end = resume_from.day or self.request.stay_from, self.request.stay_to
        return chain(day_windows(first, end, STAY_WINDOW), [(max(first, end), None)])

    def _created(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        """New bookings. The list of changes may leave out those that were never modified."""
        checkpoint, observed_at = resume_from, self.clock.now()
        pages = self.hotel.fetch_created_pages(
            resume_from.since, observed_at, first=resume_from.page
        )
        for number, values in pages:
            newest = self.hotel.newest_modified(values)
            newest = latest_change(checkpoint.newest, newest, observed_at)
            checkpoint = replace(checkpoint, page=number + 1, newest=newest)
            yield Page(items=self._map_bookings(values), observed_at=observed_at), checkpoint
            observed_at = self.clock.now()

    def _changes(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        return repeat_until_stable(self._read_changes, resume_from, max_passes=_MAX_PASSES)

    def _read_changes(
        self, checkpoint: PagedCheckpoint, pass_number: int
    ) -> Iterator[tuple[int, Page, PagedCheckpoint]]:
        if pass_number:
            checkpoint = replace(checkpoint, page=1)
        observed_at = self.clock.now()
        for number, values in self.hotel.fetch_changed_pages(
            checkpoint.since, observed_at, first=checkpoint.page
        ):
            if number == 1 and pass_number == 0:
                newest = self.hotel.newest_modified(values)
                newest = latest_change(checkpoint.newest, newest, observed_at)
                checkpoint = replace(checkpoint, newest=newest)
            checkpoint = replace(checkpoint, page=number + 1)
            page = Page(items=self._map_bookings(values), observed_at=observed_at)
            yield number, page, checkpoint
            observed_at = self.clock.now()

    def _changed_guests(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        query = {"resultsFrom": self.hotel.since_text(resume_from.since)}
        pages = self.hotel.guest_pages(query, first=resume_from.page)
        return numbered_pages(resume_from, pages, self._map_guests, self.clock)

    def _availability(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        today = self.hotel.today(self.clock.now())
        room_types: list[str] = []

        def fetch(first: date, until: date) -> Page:
            if not room_types:
                room_types.extend(self.hotel.room_type_ids())
            observed_at = self.clock.now()
            items = self.hotel.cells(first, until, observed_at, room_types)
            return Page(items=items, observed_at=observed_at)

        return availability_pages(resume_from, self.request, today, RATE_WINDOW, fetch)

    def _map_bookings(self, values: Sequence[Json]) -> list[ReadItem]:
        return self.hotel.bookings(self._unseen(values, "reservationID"))

    def _map_guests(self, values: Sequence[Json]) -> list[ReadItem]:
        return self.hotel.guests(self._unseen(values, "guestID"))

    def _unseen(self, values: Sequence[Json], key: str) -> list[Json]:
        def seen_key(value: Json) -> tuple[str, str] | None:
            external_id = id_of(value, key)
            return (key, external_id) if external_id else None

        return self.seen.unseen(values, seen_key)


def _check_out_query(from_: str, to: str, first: date, until: date | None) -> dict[str, str]:
    query = {from_: first.isoformat()}
    if until is not None:
        query[to] = (until - _ONE_DAY).isoformat()
    return query
