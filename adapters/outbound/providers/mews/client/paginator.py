"""Reads a long list by windows and pages, while the hotel keeps changing it.

Pages come newest first. In windows of UpdatedUtc the end follows the oldest item read: if the item
of a cursor is changed meanwhile (and so the newest) or deleted, nothing is lost, little repeated.
Windows of stays have no such order: a window whose pages bring nothing new is halved until it fits
on one page. Ends are requested a second late, since the vendor's pages disagree on whether an
interval contains its end (guidelines/serialization.md, operations/_objects.md).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_fields import text_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.pull.checkpoint import Checkpoint, format_utc_seconds
from adapters.outbound.providers.mews.capabilities import MAX_INTERVAL
from adapters.outbound.providers.mews.client.api import (
    UPDATED,
    MewsConnectorApi,
    MewsListPage,
    PagedOperation,
    Parameters,
)
from adapters.outbound.providers.mews.mapping.parsing import MewsReader
from ports.errors import ProviderRejected, TooHeavy
from ports.system import Clock

COLLIDING: Final = "CollidingUtc"
_SECOND: Final = timedelta(seconds=1)
_SHORTEST_WINDOW: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MewsCheckpoint(Checkpoint):
    """`until`: the provider's clock at the start of the run, and the next delta's cursor.

    `start` and `end`: the window that is being read; `start` is None before the phase's first
    window, `end` before the next one. `below`: how far down the window has been read.
    """

    until: datetime
    start: datetime | None = None
    end: datetime | None = None
    below: datetime | None = None
    cursor: str | None = None

    def with_window(self, start: datetime, end: datetime | None) -> "MewsCheckpoint":
        return replace(self, start=start, end=end, below=None, cursor=None)

    def with_cursor(self, below: datetime | None, cursor: str | None) -> "MewsCheckpoint":
        return replace(self, below=below, cursor=cursor)


class WindowPage(NamedTuple):
    """`observed_at`: our clock before the request. `after`: where the list continues."""

    values: list[Json]
    observed_at: datetime
    after: MewsCheckpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPaginator:
    """`interval`: the filter that takes the windows. `seen`: ids on earlier pages."""

    api: MewsConnectorApi
    clock: Clock
    listing: PagedOperation
    interval: str
    parameters: Parameters = field(default_factory=dict)
    seen: Collection[str] = ()

    def window_pages(
        self, resume_from: MewsCheckpoint, first: datetime, last: datetime
    ) -> Iterator[WindowPage]:
        """Every item of [first, last], from `resume_from` on."""
        checkpoint = resume_from
        while (start := checkpoint.start or first) < last:
            checkpoint = _ensure_window(checkpoint, start, last)
            observed_at = self.clock.now()
            list_page = self._fetch(checkpoint)
            if isinstance(list_page, MewsCheckpoint):
                checkpoint = list_page
                continue
            checkpoint = self._advance(checkpoint, list_page)
            yield WindowPage(list_page.values, observed_at, checkpoint)

    def _fetch(self, checkpoint: MewsCheckpoint) -> MewsListPage | MewsCheckpoint:
        """The page, or the checkpoint to request from instead."""
        start, end = _window(checkpoint)
        interval_filter: dict[str, Json] = {
            "StartUtc": format_utc_seconds(start),
            "EndUtc": format_utc_seconds((checkpoint.below or end) + _SECOND),
        }
        try:
            list_page = self.api.page(
                self.listing, {**self.parameters, self.interval: interval_filter}, checkpoint.cursor
            )
        except TooHeavy:
            return _halve_window(checkpoint) or _raise_too_heavy()
        except ProviderRejected:
            if checkpoint.cursor is None:
                raise
            # The item that the cursor names was deleted.
            return checkpoint.with_cursor(checkpoint.below, None)
        return self._skip_cycle(checkpoint, list_page)

    def _skip_cycle(
        self, checkpoint: MewsCheckpoint, list_page: MewsListPage
    ) -> MewsListPage | MewsCheckpoint:
        if self.interval == UPDATED or list_page.cursor is None or checkpoint.cursor is None:
            return list_page
        if any(text_at(value, "Id") not in self.seen for value in list_page.values):
            return list_page
        return _halve_window(checkpoint) or list_page

    def _advance(self, checkpoint: MewsCheckpoint, list_page: MewsListPage) -> MewsCheckpoint:
        _, end = _window(checkpoint)
        if list_page.cursor is None:
            return checkpoint.with_window(end, None)
        below = _oldest_update(list_page.values) if self.interval == UPDATED else None
        return checkpoint.with_cursor(below or checkpoint.below, list_page.cursor)


def _ensure_window(checkpoint: MewsCheckpoint, start: datetime, last: datetime) -> MewsCheckpoint:
    if checkpoint.start is not None and checkpoint.end is not None:
        return checkpoint
    return checkpoint.with_window(start, min(start + MAX_INTERVAL, last))


def _window(checkpoint: MewsCheckpoint) -> tuple[datetime, datetime]:
    if checkpoint.start is None or checkpoint.end is None:
        raise ValueError("no window is open")
    return checkpoint.start, checkpoint.end


def _halve_window(checkpoint: MewsCheckpoint) -> MewsCheckpoint | None:
    """At a whole second; None for a window that is too short."""
    start, end = _window(checkpoint)
    half = timedelta(seconds=int((end - start).total_seconds()) // 2)
    return checkpoint.with_window(start, start + half) if half >= _SHORTEST_WINDOW else None


def _raise_too_heavy() -> MewsCheckpoint:
    raise TooHeavy(reason="the shortest window is too heavy")


def _oldest_update(values: Sequence[Json]) -> datetime | None:
    """None if the last item has no readable instant; only the cursor leads on then."""
    try:
        return MewsReader(values[-1]).instant(UPDATED)
    except UnreadableField:
        return None
