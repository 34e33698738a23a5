"""The phases of a pull.

Stays are read in windows of a month. A stay that leaves a window while it is paged may hide another
one from it; both are read with the neighbouring window, with the changes, or by the next reconcile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.parsing.json_fields import text_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import midnight_utc
from adapters.outbound.provider_kit.pull.changes import ChangeReader, ListedChanges
from adapters.outbound.provider_kit.pull.checkpoint import PagedCheckpoint, format_utc_seconds
from adapters.outbound.provider_kit.pull.engine import WINDOW_ONLY, Phase
from adapters.outbound.provider_kit.pull.properties import PropertyPull
from adapters.outbound.provider_kit.pull.reading import (
    CheckpointedPages,
    NumberedPages,
    availability_pages,
    day_windows,
    read_windows,
)
from adapters.outbound.providers.apaleo.capabilities import AVAILABILITY_DAYS, OVERLAP, STAY_WINDOW
from adapters.outbound.providers.apaleo.client.hotel import ApaleoHotel, modified_at
from ports.providers import Page, ReadItem

_MAX_PASSES: Final = 10
"""Of a list that keeps changing; the next delta goes on from there."""


@dataclass(slots=True, kw_only=True)
class ApaleoPull(PropertyPull[ApaleoHotel]):
    overlap = OVERLAP

    def _phases(self) -> Sequence[Phase[PagedCheckpoint]]:
        return (
            Phase("stays", self._stays, WINDOW_ONLY),
            # A stay that changes while the windows are read may move to a page already read.
            Phase("changes", self._changes),
            Phase("availability", self._availability),
        )

    def _stays(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        def fetch_pages(first: date, until: date, page: int) -> NumberedPages:
            query = {
                "dateFilter": "Stay",
                "from": format_utc_seconds(midnight_utc(first, self.hotel.zone)),
                "to": format_utc_seconds(midnight_utc(until, self.hotel.zone)),
                "sort": "created:asc",
            }
            return self.hotel.reservation_pages(query, first=page)

        first = resume_from.day or self.request.stay_from
        windows = day_windows(first, self.request.stay_to, STAY_WINDOW)
        return read_windows(resume_from, windows, fetch_pages, self._map_unseen, self.clock)

    def _changes(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        reader: ChangeReader[PagedCheckpoint] = ChangeReader(
            fetch=self._fetch_changes,
            modified_at=modified_at,
            to_items=lambda values, _: self._map_unseen(values),
            clock=self.clock,
            max_passes=_MAX_PASSES,
        )
        return reader.pages(resume_from)

    def _fetch_changes(self, since: datetime | None) -> ListedChanges:
        pages = self.hotel.fetch_changed_since(since)
        _, values = next(pages, (1, []))
        return ListedChanges(values, (found for _, found in pages) if values else None)

    def _availability(self, resume_from: PagedCheckpoint) -> CheckpointedPages[PagedCheckpoint]:
        today = self.hotel.today(self.clock.now())
        length = timedelta(days=AVAILABILITY_DAYS)
        return availability_pages(resume_from, self.request, today, length, self._cells)

    def _cells(self, first: date, until: date) -> Page:
        observed_at = self.clock.now()
        return Page(items=self.hotel.cells(first, until, observed_at), observed_at=observed_at)

    def _map_unseen(self, values: Sequence[Json]) -> list[ReadItem]:
        return self.hotel.bookings(self.seen.unseen(values, lambda value: text_at(value, "id")))
