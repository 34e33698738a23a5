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

from adapters.outbound.provider_kit.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.field_values import as_instant
from adapters.outbound.provider_kit.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.local_time import local_day, zone
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.simple_rest.api import ListCall, Listed, SimpleApi
from adapters.outbound.provider_kit.simple_rest.items import reader_of, value_at
from adapters.outbound.provider_kit.simple_rest.vendor import (
    Availability,
    HotelRecord,
    SimpleVendor,
    window_query,
)
from domain.messages import ItemKind
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.sync import SyncKind
from ports.errors import UnreadableAnswer
from ports.providers import HotelContext, Page, PullRequest, ReadItem
from ports.system import Clock

FORMAT: Final = 1
MOST_PASSES: Final = 10
"""A list that does not come to rest in as many is left to the next delta and the reconcile."""

_SECOND: Final = timedelta(seconds=1)
_ONE_DAY: Final = timedelta(days=1)


class Phase(StrEnum):
    RECORDS = "records"
    BOOKINGS = "bookings"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`since`: from where changes are read, None for all; it follows them. `newest`: the latest
    that was read, and in the end the next delta's cursor. `day`: the next of the availability."""

    phase: Phase = Phase.RECORDS
    since: datetime | None = None
    newest: datetime | None = None
    day: date | None = None

    def text(self) -> str:
        said: dict[str, Json] = {
            "format": FORMAT,
            "phase": self.phase.value,
            "since": _text(self.since),
            "newest": _text(self.newest),
            "day": self.day.isoformat() if self.day else None,
        }
        return dumps(said)


def position_of(text: str | None) -> Position | None:
    """None where there is none, or where another version wrote it: the run begins anew."""
    if text is None:
        return None
    try:
        r = Reader(loads(text))
        if r.integer("format") != FORMAT:
            return None
        return Position(
            phase=r.choice("phase", {phase.value: phase for phase in Phase}),
            since=r.optional_instant("since"),
            newest=r.optional_instant("newest"),
            day=r.optional_local_date("day"),
        )
    except (UnreadableJson, UnreadableField):
        return None


def cursor_of(text: str | None) -> datetime | None:
    """None where there is no cursor, or none of ours: everything is read then."""
    try:
        return as_instant(text, "cursor") if text else None
    except UnreadableField:
        return None


@dataclass(slots=True, kw_only=True)
class Walk:
    """`context` without its `observed_at`: each page has its own."""

    vendor: SimpleVendor
    api: SimpleApi
    clock: Clock
    context: HotelContext
    seen: dict[str, int] = field(default_factory=dict)

    def pages(self, request: PullRequest) -> Iterator[Page]:
        position = position_of(request.checkpoint) or self._beginning(request)
        steps = {
            Phase.RECORDS: self._records,
            Phase.BOOKINGS: self._bookings,
            Phase.AVAILABILITY: self._availability,
        }
        phases = list(Phase)
        for phase in phases[phases.index(position.phase) :]:
            position = replace(position, phase=phase)
            for page, after in steps[phase](request, position):
                position = after
                yield replace(page, checkpoint=after.text())
        now = self.clock.now()
        # A reconcile looked at its window only: the next delta starts where it would have.
        moves = request.kind is not SyncKind.RECONCILE
        cursor = _text(position.newest or now - _ONE_DAY) if moves else None
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
        return reader_of(self.vendor, kind, replace(self.context, observed_at=at)).all(values)

    def cells(self, cells: Availability, first: date, end: date) -> Page:
        """The days from `first` up to, not including, `end`."""
        at = self.clock.now()
        query = {cells.first: first.isoformat(), cells.last: (end - _ONE_DAY).isoformat()}
        call = ListCall(path=cells.path, key=cells.items, paging=cells.paging, query=query)
        found = [value for page in self.api.pages(call) for value in page]
        return Page(items=self.items(ItemKind.AVAILABILITY, found, at), observed_at=at)

    def today(self) -> date:
        return local_day(self.clock.now(), zone(self.context.time_zone))

    def _beginning(self, request: PullRequest) -> Position:
        cursor = cursor_of(request.cursor)
        if request.kind is not SyncKind.DELTA or cursor is None:
            return Position()
        return Position(since=cursor - self.vendor.bookings.overlap, newest=cursor)

    def _records(self, _: PullRequest, begin: Position) -> Iterator[tuple[Page, Position]]:
        if not self.vendor.records:
            return
        at = self.clock.now()
        after = replace(begin, phase=Phase.BOOKINGS)
        yield Page(items=(), observed_at=at, records=self.records()), after

    def _bookings(self, request: PullRequest, begin: Position) -> Iterator[tuple[Page, Position]]:
        position = begin
        while True:
            at = self.clock.now()
            listed = self.api.page(self._asked(request, position))
            found, ends = listed.values, _sorted_until(self._stamps(listed.values))
            if listed.place is None or ends is None or (position.since and ends <= position.since):
                break
            position = replace(position, since=ends, newest=self._newest(position, found, at))
            yield self._unseen(found, at), position
        yield from self._passes(self._asked(request, position), position, (listed, at))

    def _passes(
        self, call: ListCall, position: Position, begun: tuple[Listed, datetime]
    ) -> Iterator[tuple[Page, Position]]:
        """The list from `since` to its end, until a pass of several pages brings nothing new.
        `begun`: the first page and when it was asked for."""
        first: Listed | None
        first, at = begun
        for _ in range(MOST_PASSES):
            pages = new = 0
            for found in self.api.pages(call, first):
                page = self._unseen(found, at)
                position = replace(position, newest=self._newest(position, found, at))
                pages, new = pages + bool(found), new + len(page.items)
                if page.items:
                    yield page, position
                at = self.clock.now()
            if pages < 2 or not new:
                return
            first = None

    def _asked(self, request: PullRequest, position: Position) -> ListCall:
        bookings = self.vendor.bookings
        query = dict(bookings.query)
        if request.kind is not SyncKind.DELTA:
            query |= window_query(bookings, request.stay_from, request.stay_to)
        if position.since is not None:
            query[bookings.modified_since] = bookings.instant(position.since - _SECOND)
        return ListCall(path=bookings.path, key=bookings.items, paging=bookings.paging, query=query)

    def _availability(
        self, request: PullRequest, begin: Position
    ) -> Iterator[tuple[Page, Position]]:
        cells = self.vendor.availability
        if cells is None:
            return
        day = begin.day or max(self.today(), request.stay_from)
        while day < request.stay_to:
            end = min(day + timedelta(days=cells.days), request.stay_to)
            yield self.cells(cells, day, end), replace(begin, day=end)
            day = end

    def _stamps(self, found: Sequence[Json]) -> list[datetime]:
        """Those that can be read: a booking without one is refused by its reader."""
        stamps = []
        for value in found:
            try:
                stamps.append(
                    as_instant(value_at(value, self.vendor.bookings.modified), "modified")
                )
            except UnreadableField:
                continue
        return stamps

    def _newest(self, position: Position, found: Sequence[Json], now: datetime) -> datetime | None:
        """Never beyond our own clock: one change stamped in the future would hide all till then."""
        stamps = [min(stamp, now) for stamp in self._stamps(found)]
        return max([position.newest, *stamps] if position.newest else stamps, default=None)

    def _unseen(self, found: Sequence[Json], at: datetime) -> Page:
        """Those that this run did not read yet, or reads otherwise now."""
        fresh = []
        for value in found:
            said, content = value_at(value, self.vendor.bookings.id), hash(dumps(value))
            name = dumps(said)
            if said is None or self.seen.get(name) != content:
                self.seen[name] = content
                fresh.append(value)
        return Page(items=self.items(ItemKind.BOOKING, fresh, at), observed_at=at)


def _sorted_until(stamps: list[datetime]) -> datetime | None:
    """The newest, to the second, of a page that shows that the vendor sorts; None where it is not
    in order, or where all tie and nothing is shown."""
    if len(set(stamps)) < 2 or stamps != sorted(stamps):
        return None
    return stamps[-1].replace(microsecond=0)


def _text(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None
