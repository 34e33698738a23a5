"""One run over the API: records, bookings, availability; each page with its checkpoint.

Bookings are asked for by their time stamps, oldest first, without an end. Where an answer shows
that the vendor sorts by them, the next question starts at the last one's newest stamp: nothing that
moves in the meantime can shift a page. The second before that is asked for too, so that it makes no
difference whether the vendor's filter includes its own instant.

Where an answer shows no such order, or where more bookings than a page holds tie, the list is paged
to its end, again and again until a pass brings nothing new: what slid from a page that was not yet
read to one that was is found by the next pass.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.declarative.api import DeclarativeApi, ListCall, ListPage
from adapters.outbound.provider_kit.declarative.items import item_reader_for, value_at
from adapters.outbound.provider_kit.declarative.vendor import (
    Availability,
    HotelRecord,
    VendorDeclaration,
    window_query,
)
from adapters.outbound.provider_kit.parsing.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.parsing.field_values import as_instant
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.parsing.local_time import local_day, zone
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.messages import ItemKind
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.sync_run import SyncKind
from ports.errors import UnreadableAnswer
from ports.providers import HotelContext, Page, PullRequest, ReadItem
from ports.system import Clock

FORMAT: Final = 1
MAX_PASSES: Final = 10
"""A list that does not come to rest in as many is left to the next delta and the reconcile."""

_SECOND: Final = timedelta(seconds=1)
_ONE_DAY: Final = timedelta(days=1)


class DeclarativePullPhase(StrEnum):
    RECORDS = "records"
    BOOKINGS = "bookings"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarativeCheckpoint:
    """`since`: from where changes are read, None for all; it follows them. `newest`: the latest
    that was read, and in the end the next delta's cursor. `day`: the next of the availability."""

    phase: DeclarativePullPhase = DeclarativePullPhase.RECORDS
    since: datetime | None = None
    newest: datetime | None = None
    day: date | None = None

    def text(self) -> str:
        payload: dict[str, Json] = {
            "format": FORMAT,
            "phase": self.phase.value,
            "since": _format_instant(self.since),
            "newest": _format_instant(self.newest),
            "day": self.day.isoformat() if self.day else None,
        }
        return dumps(payload)


def parse_checkpoint(text: str | None) -> DeclarativeCheckpoint | None:
    """None where there is none, or where another version wrote it: the run begins anew."""
    if text is None:
        return None
    try:
        r = Reader(loads(text))
        if r.integer("format") != FORMAT:
            return None
        return DeclarativeCheckpoint(
            phase=r.choice("phase", {phase.value: phase for phase in DeclarativePullPhase}),
            since=r.optional_instant("since"),
            newest=r.optional_instant("newest"),
            day=r.optional_local_date("day"),
        )
    except (UnreadableJson, UnreadableField):
        return None


def parse_cursor(text: str | None) -> datetime | None:
    """None where there is no cursor, or none of ours: everything is read then."""
    try:
        return as_instant(text, "cursor") if text else None
    except UnreadableField:
        return None


@dataclass(slots=True, kw_only=True)
class DeclarativePull:
    """`context` without its `observed_at`: each page has its own."""

    vendor: VendorDeclaration
    api: DeclarativeApi
    clock: Clock
    context: HotelContext
    seen: dict[str, int] = field(default_factory=dict)

    def pages(self, request: PullRequest) -> Iterator[Page]:
        checkpoint_state = parse_checkpoint(request.checkpoint) or self._initial_checkpoint(request)
        steps = {
            DeclarativePullPhase.RECORDS: self._records,
            DeclarativePullPhase.BOOKINGS: self._bookings,
            DeclarativePullPhase.AVAILABILITY: self._availability,
        }
        phases = list(DeclarativePullPhase)
        for phase in phases[phases.index(checkpoint_state.phase) :]:
            checkpoint_state = replace(checkpoint_state, phase=phase)
            for page, after in steps[phase](request, checkpoint_state):
                checkpoint_state = after
                yield replace(page, checkpoint=after.text())
        now = self.clock.now()
        # A reconcile looked at its window only: the next delta starts where it would have.
        moves = request.kind is not SyncKind.RECONCILE
        cursor = _format_instant(checkpoint_state.newest or now - _ONE_DAY) if moves else None
        yield Page(items=(), observed_at=now, cursor=cursor)

    def records(self) -> HotelRecords:
        """Raises UnreadableAnswer: a record has no place where a refused one could wait."""
        found: list[HotelRecord] = []
        for each in self.vendor.records:
            call = ListCall(path=each.path, key=each.items, paging=each.paging, query={})
            values = [value for page in self.api.pages(call) for value in page]
            try:
                found += [each.read(Reader(v, f"{each.items}[{n}]")) for n, v in enumerate(values)]
            except UnreadableField as fault:
                raise UnreadableAnswer(fault.message, path=fault.path) from fault
        return HotelRecords(
            room_types=[record for record in found if isinstance(record, RoomTypeRecord)],
            rooms=[record for record in found if isinstance(record, RoomRecord)],
            rate_plans=[record for record in found if isinstance(record, RatePlanRecord)],
        )

    def items(self, kind: ItemKind, values: Sequence[Json], at: datetime) -> list[ReadItem]:
        return item_reader_for(self.vendor, kind, replace(self.context, observed_at=at)).all(values)

    def cells(self, cells: Availability, first: date, end: date) -> Page:
        """The days from `first` up to, not including, `end`."""
        at = self.clock.now()
        query = {cells.first: first.isoformat(), cells.last: (end - _ONE_DAY).isoformat()}
        call = ListCall(path=cells.path, key=cells.items, paging=cells.paging, query=query)
        found = [value for page in self.api.pages(call) for value in page]
        return Page(items=self.items(ItemKind.AVAILABILITY, found, at), observed_at=at)

    def today(self) -> date:
        return local_day(self.clock.now(), zone(self.context.time_zone))

    def _initial_checkpoint(self, request: PullRequest) -> DeclarativeCheckpoint:
        cursor = parse_cursor(request.cursor)
        if request.kind is not SyncKind.DELTA or cursor is None:
            return DeclarativeCheckpoint()
        return DeclarativeCheckpoint(since=cursor - self.vendor.bookings.overlap, newest=cursor)

    def _records(
        self, _: PullRequest, begin: DeclarativeCheckpoint
    ) -> Iterator[tuple[Page, DeclarativeCheckpoint]]:
        if not self.vendor.records:
            return
        at = self.clock.now()
        after = replace(begin, phase=DeclarativePullPhase.BOOKINGS)
        yield Page(items=(), observed_at=at, records=self.records()), after

    def _bookings(
        self, request: PullRequest, begin: DeclarativeCheckpoint
    ) -> Iterator[tuple[Page, DeclarativeCheckpoint]]:
        checkpoint_state = begin
        while True:
            at = self.clock.now()
            listed = self.api.page(self._list_call(request, checkpoint_state))
            found, ends = listed.values, _last_sorted_timestamp(self._timestamps(listed.values))
            if (
                listed.page_ref is None
                or ends is None
                or (checkpoint_state.since and ends <= checkpoint_state.since)
            ):
                break
            checkpoint_state = replace(
                checkpoint_state,
                since=ends,
                newest=self._newest_timestamp(checkpoint_state, found, at),
            )
            yield self._unseen_page(found, at), checkpoint_state
        yield from self._repeat_until_stable(
            self._list_call(request, checkpoint_state), checkpoint_state, (listed, at)
        )

    def _repeat_until_stable(
        self,
        call: ListCall,
        checkpoint_state: DeclarativeCheckpoint,
        first_page: tuple[ListPage, datetime],
    ) -> Iterator[tuple[Page, DeclarativeCheckpoint]]:
        """The list from `since` to its end, until a pass of several pages brings nothing new.
        `begun`: the first page and when it was asked for."""
        first: ListPage | None
        first, at = first_page
        for _ in range(MAX_PASSES):
            pages = new = 0
            for found in self.api.pages(call, first):
                page = self._unseen_page(found, at)
                checkpoint_state = replace(
                    checkpoint_state, newest=self._newest_timestamp(checkpoint_state, found, at)
                )
                pages, new = pages + bool(found), new + len(page.items)
                if page.items:
                    yield page, checkpoint_state
                at = self.clock.now()
            if pages < 2 or not new:
                return
            first = None

    def _list_call(self, request: PullRequest, checkpoint_state: DeclarativeCheckpoint) -> ListCall:
        bookings = self.vendor.bookings
        query = dict(bookings.query)
        if request.kind is not SyncKind.DELTA:
            query |= window_query(bookings, request.stay_from, request.stay_to)
        if checkpoint_state.since is not None:
            query[bookings.modified_since] = bookings.instant(checkpoint_state.since - _SECOND)
        return ListCall(path=bookings.path, key=bookings.items, paging=bookings.paging, query=query)

    def _availability(
        self, request: PullRequest, begin: DeclarativeCheckpoint
    ) -> Iterator[tuple[Page, DeclarativeCheckpoint]]:
        cells = self.vendor.availability
        if cells is None:
            return
        day = begin.day or max(self.today(), request.stay_from)
        while day < request.stay_to:
            end = min(day + timedelta(days=cells.days), request.stay_to)
            yield self.cells(cells, day, end), replace(begin, day=end)
            day = end

    def _timestamps(self, found: Sequence[Json]) -> list[datetime]:
        """Those that can be read: a booking without one is refused by its reader."""
        timestamps = []
        for value in found:
            try:
                timestamps.append(
                    as_instant(value_at(value, self.vendor.bookings.modified), "modified")
                )
            except UnreadableField:
                continue
        return timestamps

    def _newest_timestamp(
        self, checkpoint_state: DeclarativeCheckpoint, found: Sequence[Json], now: datetime
    ) -> datetime | None:
        """Never beyond our own clock: one change stamped in the future would hide all till then."""
        timestamps = [min(stamp, now) for stamp in self._timestamps(found)]
        return max(
            [checkpoint_state.newest, *timestamps] if checkpoint_state.newest else timestamps,
            default=None,
        )

    def _unseen_page(self, found: Sequence[Json], at: datetime) -> Page:
        """Those that this run did not read yet, or reads otherwise now."""
        fresh = []
        for value in found:
            payload, content = value_at(value, self.vendor.bookings.id), hash(dumps(value))
            name = dumps(payload)
            if payload is None or self.seen.get(name) != content:
                self.seen[name] = content
                fresh.append(value)
        return Page(items=self.items(ItemKind.BOOKING, fresh, at), observed_at=at)


def _last_sorted_timestamp(timestamps: list[datetime]) -> datetime | None:
    """The newest, to the second, of a page that shows that the vendor sorts; None where it is not
    in order, or where all tie and nothing is shown."""
    if len(set(timestamps)) < 2 or timestamps != sorted(timestamps):
        return None
    return timestamps[-1].replace(microsecond=0)


def _format_instant(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None
