"""The phases of a declared vendor's pull: hotel records, bookings, availability."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.declarative.api import DeclarativeApi, ListCall
from adapters.outbound.provider_kit.declarative.items import item_reader_for, value_at
from adapters.outbound.provider_kit.declarative.vendor import (
    Availability,
    HotelRecord,
    ListDeclaration,
    Records,
    VendorDeclaration,
    window_query,
)
from adapters.outbound.provider_kit.parsing.errors import UnreadableField, parsing_answer
from adapters.outbound.provider_kit.parsing.field_values import as_instant
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.local_time import local_day, zone
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.pull.capped_lists import halve_days
from adapters.outbound.provider_kit.pull.changes import ChangeReader, ListedChanges
from adapters.outbound.provider_kit.pull.checkpoint import ChangesCheckpoint, parse_cursor_instant
from adapters.outbound.provider_kit.pull.engine import Phase, PullPlan
from adapters.outbound.provider_kit.pull.reading import (
    CheckpointedPages,
    SeenItems,
    availability_pages,
    records_phase,
)
from domain.messages import ItemKind
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.sync_run import SyncKind
from ports.errors import ListCapReached
from ports.providers import HotelContext, Page, PullRequest, ReadItem
from ports.system import Clock

MAX_PASSES: Final = 10
"""Of a list that keeps changing; the next delta and the reconcile go on from there."""

_SECOND: Final = timedelta(seconds=1)
_ONE_DAY: Final = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class DeclarativePull:
    """`context`: its `observed_at` is replaced by each page's own."""

    vendor: VendorDeclaration
    api: DeclarativeApi
    clock: Clock
    context: HotelContext
    seen: SeenItems = field(default_factory=SeenItems)

    def plan(self, request: PullRequest) -> PullPlan[ChangesCheckpoint]:
        records: tuple[Phase[ChangesCheckpoint], ...] = (records_phase(self.records, self.clock),)
        return PullPlan(
            checkpoint_type=ChangesCheckpoint,
            phases=(
                *(records if self.vendor.records else ()),
                Phase("bookings", lambda checkpoint: self._bookings(request, checkpoint)),
                Phase("availability", lambda checkpoint: self._availability(request, checkpoint)),
            ),
            initial=lambda phase: self._initial_checkpoint(request, phase),
            cursor=self._cursor,
        )

    def records(self) -> HotelRecords:
        """Raises UnreadableAnswer for an unreadable record: records have no quarantine."""
        found = [record for each in self.vendor.records for record in self._read_records(each)]
        return HotelRecords(
            room_types=[record for record in found if isinstance(record, RoomTypeRecord)],
            rooms=[record for record in found if isinstance(record, RoomRecord)],
            rate_plans=[record for record in found if isinstance(record, RatePlanRecord)],
        )

    def _read_records(self, declared: Records) -> list[HotelRecord]:
        values, key = self._list(declared, {}), declared.items
        with parsing_answer():
            return [declared.read(Reader(v, f"{key}[{n}]")) for n, v in enumerate(values)]

    def _list(self, declared: ListDeclaration, query: Mapping[str, str]) -> list[Json]:
        call = ListCall(declared, query)
        return [value for page in self.api.pages(call) for value in page]

    def items(self, kind: ItemKind, values: Sequence[Json], at: datetime) -> list[ReadItem]:
        return item_reader_for(self.vendor, kind, replace(self.context, observed_at=at)).all(values)

    def cells(self, cells: Availability, first: date, end: date) -> Page:
        """Of the days [first, end)."""
        at = self.clock.now()
        query = {cells.first: first.isoformat(), cells.last: (end - _ONE_DAY).isoformat()}
        found = self._list(cells, query)
        return Page(items=self.items(ItemKind.AVAILABILITY, found, at), observed_at=at)

    def today(self) -> date:
        return local_day(self.clock.now(), zone(self.context.time_zone))

    def _initial_checkpoint(self, request: PullRequest, phase: str) -> ChangesCheckpoint:
        cursor = parse_cursor_instant(request.cursor)
        if request.kind is not SyncKind.DELTA or cursor is None:
            return ChangesCheckpoint(phase=phase, since=None, newest=None)
        since = cursor - self.vendor.bookings.overlap
        return ChangesCheckpoint(phase=phase, since=since, newest=cursor)

    def _cursor(self, checkpoint: ChangesCheckpoint) -> str:
        newest = checkpoint.newest or self.clock.now() - _ONE_DAY
        return newest.astimezone(UTC).isoformat()

    def _bookings(
        self, request: PullRequest, resume_from: ChangesCheckpoint
    ) -> CheckpointedPages[ChangesCheckpoint]:
        """A full list of a window is read again by halves of the window. A run that is interrupted
        there starts its bookings again."""
        checkpoint = resume_from
        try:
            for page, checkpoint in self._read_bookings(request, resume_from):
                yield page, checkpoint
        except ListCapReached:
            if request.kind is SyncKind.DELTA or self.vendor.bookings.stay_from is None:
                raise
            for half in halve_days(request.window, self.vendor.bookings.path):
                start = replace(resume_from, newest=checkpoint.newest)
                for page, checkpoint in self._bookings(replace(request, window=half), start):
                    yield page, replace(start, newest=checkpoint.newest)

    def _read_bookings(
        self, request: PullRequest, resume_from: ChangesCheckpoint
    ) -> CheckpointedPages[ChangesCheckpoint]:
        def fetch(since: datetime | None) -> ListedChanges:
            call = self._list_call(request, since)
            page = self.api.page(call)
            if page.page_ref is None:
                self._require_below_cap(len(page.values))
                return ListedChanges(page.values, None)
            further = self._below_cap(self.api.further_pages(call, page), len(page.values))
            return ListedChanges(page.values, further)

        reader: ChangeReader[ChangesCheckpoint] = ChangeReader(
            fetch=fetch,
            modified_at=self._modified_at,
            to_items=self._unseen_items,
            clock=self.clock,
            max_passes=MAX_PASSES,
        )
        return reader.pages(resume_from)

    def _below_cap(self, pages: Iterator[Sequence[Json]], records: int) -> Iterator[Sequence[Json]]:
        for values in pages:
            records += len(values)
            yield values
        self._require_below_cap(records)

    def _require_below_cap(self, records: int) -> None:
        cap = self.vendor.bookings.max_records
        if cap is not None and records >= cap:
            raise ListCapReached(path=self.vendor.bookings.path)

    def _list_call(self, request: PullRequest, since: datetime | None) -> ListCall:
        """From a second before `since`: the vendor's filter may exclude the instant itself."""
        bookings = self.vendor.bookings
        query = dict(bookings.query)
        if request.kind is not SyncKind.DELTA:
            query |= window_query(bookings, request.stay_from, request.stay_to)
        if since is not None:
            query[bookings.modified_since] = bookings.instant(since - _SECOND)
        return ListCall(bookings, query)

    def _availability(
        self, request: PullRequest, resume_from: ChangesCheckpoint
    ) -> CheckpointedPages[ChangesCheckpoint]:
        cells = self.vendor.availability
        if cells is None:
            return iter(())
        return availability_pages(
            resume_from,
            request,
            self.today(),
            timedelta(days=cells.days),
            lambda first, until: self.cells(cells, first, until),
        )

    def _modified_at(self, value: Json) -> datetime | None:
        """None for an unreadable one: the reader rejects that booking."""
        try:
            return as_instant(value_at(value, self.vendor.bookings.modified), "modified")
        except UnreadableField:
            return None

    def _unseen_items(self, values: Sequence[Json], observed_at: datetime) -> list[ReadItem]:
        unseen = self.seen.unseen(values, self._booking_id)
        return self.items(ItemKind.BOOKING, unseen, observed_at)

    def _booking_id(self, value: Json) -> str | None:
        booking_id = value_at(value, self.vendor.bookings.id)
        return None if booking_id is None else dumps(booking_id)
