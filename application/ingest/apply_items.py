"""Applies a page of snapshots: load in bulk, decide one by one, save in bulk.

Runs inside the caller's unit of work, for pushes, webhook fetches, syncs, reconciles and replays.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar

from application.events.cloud_events import outbox_message
from application.ingest.page_tombstones import PageTombstones
from application.ingest.stored_items import StoredItemReader
from application.privacy.erased_identities import add_related, load_erased
from domain.availability import AvailabilityCell
from domain.booking import Booking, is_unknown_booking
from domain.connection import Connection
from domain.errors import InvalidField
from domain.events import AvailabilitySynced, BookingSynced, Event, EventHeader, GuestSynced
from domain.guest import Guest
from domain.merge import (
    Advanced,
    Applied,
    Change,
    Decision,
    Replica,
    SnapshotRefused,
    Stale,
    Unchanged,
    VersionConflict,
)
from domain.messages import ItemOutcome
from domain.precedence import Receipt, clock_skew_reason
from domain.snapshots import (
    AvailabilitySet,
    AvailabilitySnapshot,
    BookingSnapshot,
    GuestSnapshot,
    Snapshot,
)
from domain.sync_run import SyncCounts
from domain.tombstone import leaves_tombstone
from domain.values import HotelId, Reason, SourceVersion
from ports.bookings import StatusChange
from ports.providers import ReadItem
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork

CellKey: TypeAlias = tuple[str, date]
"""(room type, day)"""

_CONFLICT: Final = "source_version: other content was received with this version;"
VERSION_CONFLICT: Final = Reason("version_tie", "source_version", f"{_CONFLICT} send a newer one")
VERSION_CONFLICT_FETCHING: Final = Reason(
    "version_tie", "source_version", f"{_CONFLICT} fetching from the provider"
)


PAST_RETENTION: Final = Reason(
    "past_retention",
    "stay.departure",
    "the hotel keeps no bookings that departed so long ago; nothing was stored",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyContext:
    """`can_fetch`: a fetch from the provider's API can decide version conflicts. `property_id`: as
    in HotelContext. `reader`: for items in quarantine that wait for a booking of this page."""

    hotel_id: HotelId
    provider: str
    receipt: Receipt
    correlation_id: str
    now: datetime
    can_fetch: bool
    property_id: str | None = None
    reader: StoredItemReader | None = None

    @classmethod
    def of(
        cls,
        connection: Connection,
        receipt: Receipt,
        *,
        correlation_id: str,
        now: datetime,
        can_fetch: bool = False,
        reader: StoredItemReader | None = None,
    ) -> "ApplyContext":
        return cls(
            hotel_id=connection.hotel_id,
            provider=connection.provider,
            receipt=receipt,
            correlation_id=correlation_id,
            now=now,
            can_fetch=can_fetch,
            property_id=connection.property_id,
            reader=reader,
        )

    def event_header(self, external_id: str, version: SourceVersion | None) -> EventHeader:
        return EventHeader(
            hotel_id=self.hotel_id,
            provider=self.provider,
            connection_id=self.receipt.connection_id,
            external_id=external_id,
            version=version,
            correlation_id=self.correlation_id,
            at=self.now,
        )


@dataclass(frozen=True, slots=True)
class ItemResult:
    """`outcome` None: undecided, a version conflict that a fetch from the provider decides."""

    item: ReadItem
    outcome: ItemOutcome | None
    reason: Reason | None = None
    created: bool = False


def count_outcomes(results: Iterable[ItemResult]) -> SyncCounts:
    tally: Counter[ItemOutcome | None] = Counter()
    created = 0
    for result in results:
        tally[result.outcome] += 1
        created += result.created
    return SyncCounts(
        seen=tally.total(),
        created=created,
        updated=tally[ItemOutcome.APPLIED] - created,
        unchanged=tally[ItemOutcome.UNCHANGED],
        stale=tally[ItemOutcome.STALE],
        quarantined=tally[ItemOutcome.QUARANTINED],
    )


E = TypeVar("E", bound=Replica[Any, Any])
K = TypeVar("K")
S = TypeVar("S")


@dataclass(slots=True)
class _IdentityMap(Generic[K, S, E]):
    """The entities of a page by key. `held` reflects earlier items of the page, so duplicates are
    applied in order. `written` is saved once, under the revision after the stored one.

    `create` and `record` are parameters: kept here, these methods of the batch would form a cycle
    with it, and each page would stay in memory until the garbage collector runs.
    """

    held: dict[K, E] = field(default_factory=dict)
    written: dict[K, E] = field(default_factory=dict)

    def load(self, load: Callable[[Collection[K]], Mapping[K, E]], keys: Collection[K]) -> None:
        if keys:
            self.held.update(load(keys))

    def merge(
        self,
        key: K,
        snapshot: S,
        context: ApplyContext,
        create: Callable[[S], Decision[E]],
        record: Callable[[Applied[E]], None],
    ) -> Decision[E]:
        if (held := self.held.get(key)) is None:
            return self.put(key, create(snapshot), record)
        return self.put(key, held.merge(snapshot, context.receipt, now=context.now), record)

    def put(
        self, key: K, decision: Decision[E], record: Callable[[Applied[E]], None]
    ) -> Decision[E]:
        if isinstance(decision, Applied | Advanced):
            entity: E = decision.entity
            if key in self.written:
                entity = replace(entity, revision=self.written[key].revision)
            self.held[key] = self.written[key] = entity
        if isinstance(decision, Applied):
            record(decision)
        return decision


class _PageBatch:
    """Decides the items of one page and collects what to write."""

    def __init__(self, context: ApplyContext, ids: IdGenerator) -> None:
        self._context = context
        self._ids = ids
        self._bookings: _IdentityMap[str, BookingSnapshot, Booking] = _IdentityMap()
        self._tombstones = PageTombstones(
            context.hotel_id, context.provider, context.receipt, context.now
        )
        self._oldest_departure: date | None = None
        self._guests: _IdentityMap[str, GuestSnapshot, Guest] = _IdentityMap()
        self._cells: _IdentityMap[CellKey, AvailabilitySnapshot, AvailabilityCell] = _IdentityMap()
        self._history: list[StatusChange] = []
        self._events: list[Event] = []
        self._changed_cells: defaultdict[str, list[AvailabilityCell]] = defaultdict(list)

    def load(self, uow: UnitOfWork, items: Sequence[ReadItem]) -> None:
        received = [item.snapshot for item in items if item.snapshot is not None]
        bookings = [s for s in received if isinstance(s, BookingSnapshot)]
        guests = {s.external_id for s in received if isinstance(s, GuestSnapshot)}
        cells = {_cell_key(cell) for s in received for cell in _cells_of(s)}
        scope = (self._context.hotel_id, self._context.provider)
        self._load_bookings(uow, bookings)
        self._oldest_departure = self._load_oldest_departure(uow, bookings)
        self._guests.load(partial(uow.guests.load, *scope), guests)
        self._cells.load(partial(uow.availability.load, *scope), cells)

    def _load_bookings(self, uow: UnitOfWork, snapshots: Sequence[BookingSnapshot]) -> None:
        """With the tombstones of those that are unknown, outdated or ended. Unknown ones that no
        snapshot can create are loaded again under the lock against their creation meanwhile."""
        load = partial(uow.bookings.load, self._context.hotel_id, self._context.provider)
        self._bookings.load(load, {each.external_id for each in snapshots})
        held = self._bookings.held
        ended = {each.external_id for each in snapshots if leaves_tombstone(each)}
        outdated = {
            each.external_id
            for each in snapshots
            if (booking := held.get(each.external_id)) is None or each.version < booking.version
        }
        unknown = {s.external_id for s in snapshots if not s.can_create_booking} - held.keys()
        if wanted := ended | outdated:
            self._tombstones.load(uow.tombstones, wanted, exclusive=bool(unknown))
        self._bookings.load(load, unknown)

    def _load_oldest_departure(
        self, uow: UnitOfWork, snapshots: Sequence[BookingSnapshot]
    ) -> date | None:
        """Of the hotel's retention, if it may matter: for new bookings of the past."""
        context, held = self._context, self._bookings.held
        today = context.now.date()
        if all(s.external_id in held or not s.departs_before(today) for s in snapshots):
            return None
        return uow.retention.get(context.hotel_id).oldest_departure(context.now)

    def _is_past_retention(self, snapshot: Snapshot) -> bool:
        """A stored booking is changed until it is purged: its stay may have been another."""
        return (
            isinstance(snapshot, BookingSnapshot)
            and snapshot.external_id not in self._bookings.held
            and snapshot.departs_before(self._oldest_departure)
        )

    def apply(self, item: ReadItem) -> ItemResult:
        if item.snapshot is None:
            return ItemResult(item, ItemOutcome.QUARANTINED, item.reason)
        if self._is_past_retention(item.snapshot):
            return ItemResult(item, ItemOutcome.UNCHANGED, PAST_RETENTION)
        return self._result(item, self._merge(item.snapshot))

    def _result(self, item: ReadItem, decision: Decision[Any]) -> ItemResult:
        match decision:
            case Applied(change=change):
                return ItemResult(item, ItemOutcome.APPLIED, created=change is Change.CREATED)
            case SnapshotRefused(reason=reason):
                return ItemResult(item, ItemOutcome.QUARANTINED, reason)
            case Stale():
                return ItemResult(item, ItemOutcome.STALE)
            case VersionConflict():
                return self._conflict(item)
            case _:
                return ItemResult(item, ItemOutcome.UNCHANGED)

    def _conflict(self, item: ReadItem) -> ItemResult:
        if self._context.can_fetch:
            return ItemResult(item, None, VERSION_CONFLICT_FETCHING)
        return ItemResult(item, ItemOutcome.QUARANTINED, VERSION_CONFLICT)

    def mark_deleted(self, uow: UnitOfWork, external_ids: Sequence[str]) -> int:
        """Returns how many bookings that changed."""
        context = self._context
        held = uow.bookings.load(context.hotel_id, context.provider, external_ids)
        for external_id, booking in held.items():
            decision = booking.mark_deleted_at_source(context.receipt, now=context.now)
            self._bookings.put(external_id, decision, self._record_booking)
        return len(self._bookings.written)

    def save(self, uow: UnitOfWork) -> None:
        """The outbox comes last, so that the order of its rows is that of the changes."""
        if self._bookings.written:
            uow.bookings.save(list(self._bookings.written.values()))
            uow.bookings.record(self._history)
        self._tombstones.save(uow.tombstones)
        if self._guests.written:
            uow.guests.save(list(self._guests.written.values()))
        if self._cells.written:
            uow.availability.save(list(self._cells.written.values()))
        self._events += map(self._availability_synced, self._changed_cells.values())
        if self._events:
            uow.outbox.add([outbox_message(event, self._ids.new()) for event in self._events])

    def _merge(
        self, snapshot: Snapshot
    ) -> Decision[Booking] | Decision[Guest] | Decision[AvailabilityCell]:
        context = self._context
        if reason := clock_skew_reason(snapshot.version, context.receipt):
            return SnapshotRefused(reason)
        match snapshot:
            case BookingSnapshot():
                return self._merge_booking(snapshot)
            case GuestSnapshot():
                return self._guests.merge(
                    snapshot.external_id,
                    snapshot,
                    context,
                    create=self._create_guest,
                    record=self._record_guest,
                )
            case AvailabilitySnapshot() | AvailabilitySet():
                return _dominant_decision([self._merge_cell(cell) for cell in _cells_of(snapshot)])

    def _merge_cell(self, cell: AvailabilitySnapshot) -> Decision[AvailabilityCell]:
        return self._cells.merge(
            _cell_key(cell),
            cell,
            self._context,
            create=self._create_cell,
            record=self._record_cell,
        )

    def _merge_booking(self, snapshot: BookingSnapshot) -> Decision[Booking]:
        key, tombstones = snapshot.external_id, self._tombstones
        held = self._bookings.held.get(key)
        if held is None:
            resolved = tombstones.resolve_unknown(snapshot)
            if not isinstance(resolved, BookingSnapshot):
                return resolved
            return self._bookings.put(key, self._create_booking(resolved), self._record_booking)
        decision: Decision[Booking] = held.merge(
            snapshot, self._context.receipt, now=self._context.now
        )
        if isinstance(decision, Stale):
            decision = tombstones.add_late_content(held, snapshot) or decision
        else:
            tombstones.record_end(held, snapshot, decision)
        return self._bookings.put(key, decision, self._record_booking)

    def _create_booking(self, snapshot: BookingSnapshot) -> Decision[Booking]:
        return Booking.create_from(
            snapshot,
            self._context.receipt,
            hotel_id=self._context.hotel_id,
            provider=self._context.provider,
            booking_id=self._ids.new(),
            now=self._context.now,
        )

    def _create_guest(self, snapshot: GuestSnapshot) -> Decision[Guest]:
        return Guest.create_from(
            snapshot,
            self._context.receipt,
            hotel_id=self._context.hotel_id,
            provider=self._context.provider,
            guest_id=self._ids.new(),
            now=self._context.now,
        )

    def _create_cell(self, snapshot: AvailabilitySnapshot) -> Decision[AvailabilityCell]:
        return AvailabilityCell.create_from(
            snapshot,
            self._context.receipt,
            hotel_id=self._context.hotel_id,
            provider=self._context.provider,
            now=self._context.now,
        )

    def _record_booking(self, applied: Applied[Booking]) -> None:
        context, booking, transition = self._context, applied.entity, applied.transition
        event = BookingSynced(
            header=context.event_header(booking.external_id, booking.version),
            change=applied.change,
            changed_fields=applied.changed_fields,
            status=booking.details.status,
            from_status=transition.source if transition else None,
            transition=transition.kind if transition else None,
            reason=applied.reason,
        )
        self._events.append(event)
        if transition is not None:
            change = StatusChange(
                id=self._ids.new(),
                hotel_id=context.hotel_id,
                booking_id=booking.id,
                transition=transition,
                version=booking.version,
                reference=context.receipt.reference,
                at=context.now,
            )
            self._history.append(change)

    def _record_guest(self, applied: Applied[Guest]) -> None:
        event = GuestSynced(
            header=self._context.event_header(applied.entity.external_id, applied.entity.version),
            change=applied.change,
            changed_fields=applied.changed_fields,
        )
        self._events.append(event)

    def _record_cell(self, applied: Applied[AvailabilityCell]) -> None:
        self._changed_cells[applied.entity.room_type_id].append(applied.entity)

    def _availability_synced(self, cells: Sequence[AvailabilityCell]) -> AvailabilitySynced:
        return AvailabilitySynced(
            header=self._context.event_header(
                cells[0].room_type_id, max(cell.version for cell in cells)
            ),
            days=tuple(sorted({cell.day for cell in cells})),
        )


def apply_items(
    uow: UnitOfWork, items: Sequence[ReadItem], context: ApplyContext, ids: IdGenerator
) -> list[ItemResult]:
    """One result per item, in order. Items of another property are quarantined; what names an
    erased guest is applied without that guest. Raises ConcurrentChange (from the stores)."""
    own_items = [item.refused_if_foreign(context.property_id) for item in items]
    erased = load_erased(uow, context.hotel_id, context.provider, own_items)
    storable = [_complete_availability(erased.redact(item), uow, context) for item in own_items]
    page = _PageBatch(context, ids)
    page.load(uow, storable)
    results = [
        ItemResult(item, ItemOutcome.UNCHANGED)
        if erased.is_erased_guest(item.snapshot)
        else page.apply(item)
        for item in storable
    ]
    for position in _unknown_bookings(results):
        results[position] = page.apply(storable[position])
    page.save(uow)
    add_related(uow, erased, (item.snapshot for item in own_items), context)
    return results


def _unknown_bookings(results: Sequence[ItemResult]) -> list[int]:
    """Positions of items whose booking was created later in the page, in the order of versions."""
    unknown = [n for n, result in enumerate(results) if is_unknown_booking(result.reason)]
    if not unknown:
        return []
    created = {result.item.external_id for result in results if result.created}
    waiting = [
        (item.snapshot.version, n)
        for n in unknown
        if (item := results[n].item).snapshot is not None and item.external_id in created
    ]
    return [n for _, n in sorted(waiting)]


def apply_deletions(
    uow: UnitOfWork, external_ids: Sequence[str], context: ApplyContext, ids: IdGenerator
) -> int:
    """Marks bookings that the provider's API no longer returns; how many that changed."""
    page = _PageBatch(context, ids)
    changed = page.mark_deleted(uow, external_ids)
    page.save(uow)
    return changed


def _complete_availability(item: ReadItem, uow: UnitOfWork, context: ApplyContext) -> ReadItem:
    """A complete availability set covers also the stored cells that it does not name."""
    received = item.snapshot
    if not isinstance(received, AvailabilitySet) or received.complete_from is None:
        return item
    held = uow.availability.held_from(context.hotel_id, context.provider, received.complete_from)
    try:
        return replace(item, snapshot=received.completed(held))
    except InvalidField as invalid:
        return replace(item, snapshot=None, reason=Reason.from_error(invalid))


def _cells_of(snapshot: Snapshot) -> Sequence[AvailabilitySnapshot]:
    match snapshot:
        case AvailabilitySnapshot():
            return (snapshot,)
        case AvailabilitySet():
            return snapshot.cells
        case _:
            return ()


def _cell_key(cell: AvailabilitySnapshot) -> CellKey:
    return cell.room_type_id, cell.day


def _dominant_decision(
    decisions: Sequence[Decision[AvailabilityCell]],
) -> Decision[AvailabilityCell]:
    """The decision reported for a set of cells: the first of conflict, applied, advanced,
    unchanged that any cell has; stale only if all are."""
    for kind in (VersionConflict, Applied, Advanced, Unchanged, Stale):
        for decision in decisions:
            if isinstance(decision, kind):
                return decision
    return Unchanged()
