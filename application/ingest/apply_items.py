"""Applies a page of what a provider said: load in bulk, decide one by one, save in bulk.

Used inside a unit of work by every way in: push, webhook fetch, sync, reconcile, replay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Generic, TypeVar

from application.events.cloud_events import outbox_message
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.errors import InvalidField
from domain.events import AvailabilitySynced, BookingSynced, Event, GuestSynced
from domain.guest import Guest
from domain.messages import ItemOutcome
from domain.precedence import (
    Advanced,
    Applied,
    Change,
    Decision,
    Receipt,
    SnapshotRefused,
    Stale,
    Unchanged,
    VersionConflict,
    clock_skew_reason,
)
from domain.snapshots import (
    AvailabilitySet,
    AvailabilitySnapshot,
    BookingSnapshot,
    GuestSnapshot,
    Snapshot,
)
from domain.sync_run import SyncCounts
from domain.values import ABSENT, HotelId, Reason
from ports.bookings import StatusChange
from ports.providers import ReadItem
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork

VERSION_CONFLICT: Final = Reason(
    "version_tie",
    "source_version",
    "source_version: this version came before with other content; send a newer one",
)
VERSION_CONFLICT_FETCHING: Final = Reason(
    "version_tie",
    "source_version",
    "source_version: this version came before with other content; the provider is being asked",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyContext:
    """`can_fetch`: the provider's API can be asked about a tie."""

    hotel_id: HotelId
    provider: str
    receipt: Receipt
    correlation_id: str
    now: datetime
    can_fetch: bool


@dataclass(frozen=True, slots=True)
class ItemResult:
    """`tied` items were not decided: the provider has to be asked."""

    item: ReadItem
    outcome: ItemOutcome
    reason: Reason | None = None
    created: bool = False
    has_conflict: bool = False


def count_outcomes(results: Iterable[ItemResult]) -> SyncCounts:
    tally = dict.fromkeys(ItemOutcome, 0)
    created = 0
    for result in results:
        tally[result.outcome] += 1
        created += result.created
    return SyncCounts(
        seen=sum(tally.values()),
        created=created,
        updated=tally[ItemOutcome.APPLIED] - created,
        unchanged=tally[ItemOutcome.UNCHANGED],
        stale=tally[ItemOutcome.STALE],
        quarantined=tally[ItemOutcome.QUARANTINED],
    )


E = TypeVar("E", Booking, Guest, AvailabilityCell)
K = TypeVar("K")


@dataclass(slots=True)
class _IdentityMap(Generic[K, E]):
    """`held` follows the page, so that a thing that comes twice in it is heard twice; `written`
    is saved once, under the revision after the stored one."""

    held: dict[K, E]
    written: dict[K, E] = field(default_factory=dict)

    def put(self, key: K, decision: Decision[E]) -> None:
        if not isinstance(decision, Applied | Advanced):
            return
        entity: E = decision.entity
        if key in self.written:
            entity = replace(entity, revision=self.written[key].revision)
        self.held[key] = self.written[key] = entity


@dataclass(slots=True)
class _PageBatch:
    """What one page is going to write, collected while deciding."""

    context: ApplyContext
    ids: IdGenerator
    bookings: _IdentityMap[str, Booking]
    guests: _IdentityMap[str, Guest]
    cells: _IdentityMap[tuple[str, date], AvailabilityCell]
    history: list[StatusChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    days: dict[str, list[AvailabilityCell]] = field(default_factory=dict)

    @classmethod
    def load(
        cls, uow: UnitOfWork, items: Sequence[ReadItem], context: ApplyContext, ids: IdGenerator
    ) -> "_PageBatch":
        received = [item.snapshot for item in items if item.snapshot is not None]
        bookings = {s.external_id for s in received if isinstance(s, BookingSnapshot)}
        guests = {s.external_id for s in received if isinstance(s, GuestSnapshot)}
        cells = {(cell.room_type_id, cell.day) for s in received for cell in _cells_of(s)}
        scope = (context.hotel_id, context.provider)
        return cls(
            context,
            ids,
            _IdentityMap(dict(uow.bookings.load(*scope, bookings)) if bookings else {}),
            _IdentityMap(dict(uow.guests.load(*scope, guests)) if guests else {}),
            _IdentityMap(dict(uow.availability.load(*scope, cells)) if cells else {}),
        )

    def merge(
        self, snapshot: Snapshot
    ) -> Decision[Booking] | Decision[Guest] | Decision[AvailabilityCell]:
        if reason := clock_skew_reason(snapshot.version, self.context.receipt):
            return SnapshotRefused(reason)
        match snapshot:
            case BookingSnapshot():
                return self._merge_booking(snapshot)
            case GuestSnapshot():
                return self._merge_guest(snapshot)
            case AvailabilitySnapshot():
                return self._merge_cell(snapshot)
            case AvailabilitySet():
                return _dominant_decision([self._merge_cell(cell) for cell in snapshot.cells])

    def store(self, uow: UnitOfWork) -> None:
        """The outbox comes last: the order of its rows is that of the changes."""
        if self.bookings.written:
            uow.bookings.save(list(self.bookings.written.values()))
            uow.bookings.record(self.history)
        if self.guests.written:
            uow.guests.save(list(self.guests.written.values()))
        if self.cells.written:
            uow.availability.save(list(self.cells.written.values()))
        self.events += [_cells_synced(cells, self.context) for cells in self.days.values()]
        if self.events:
            uow.outbox.add([outbox_message(event, self.ids.new()) for event in self.events])

    def mark_deleted(self, external_id: str) -> None:
        held = self.bookings.held[external_id]
        decision = held.mark_deleted_at_source(self.context.receipt, now=self.context.now)
        self._record_booking(external_id, decision)

    def _merge_booking(self, snapshot: BookingSnapshot) -> Decision[Booking]:
        context = self.context
        held = self.bookings.held.get(snapshot.external_id)
        decision: Decision[Booking]
        if held is not None:
            decision = held.merge(snapshot, context.receipt, now=context.now)
        elif snapshot.deleted and ABSENT in (snapshot.status, snapshot.stay):
            decision = Unchanged()  # made and deleted before we ever looked: nothing to keep
        else:
            decision = Booking.create_from(
                snapshot,
                context.receipt,
                hotel_id=context.hotel_id,
                provider=context.provider,
                booking_id=self.ids.new(),
                now=context.now,
            )
        self._record_booking(snapshot.external_id, decision)
        return decision

    def _record_booking(self, external_id: str, decision: Decision[Booking]) -> None:
        self.bookings.put(external_id, decision)
        if not isinstance(decision, Applied):
            return
        self.events.append(_booking_synced(decision, self.context))
        if decision.transition is not None:
            self.history.append(
                StatusChange(
                    id=self.ids.new(),
                    hotel_id=self.context.hotel_id,
                    booking_id=decision.entity.id,
                    transition=decision.transition,
                    version=decision.entity.version,
                    reference=self.context.receipt.reference,
                    at=self.context.now,
                )
            )

    def _merge_guest(self, snapshot: GuestSnapshot) -> Decision[Guest]:
        context = self.context
        held = self.guests.held.get(snapshot.external_id)
        decision: Decision[Guest]
        if held is not None:
            decision = held.merge(snapshot, context.receipt, now=context.now)
        else:
            decision = Guest.create_from(
                snapshot,
                context.receipt,
                hotel_id=context.hotel_id,
                provider=context.provider,
                guest_id=self.ids.new(),
                now=context.now,
            )
        self.guests.put(snapshot.external_id, decision)
        if isinstance(decision, Applied):
            self.events.append(_guest_synced(decision, context))
        return decision

    def _merge_cell(self, snapshot: AvailabilitySnapshot) -> Decision[AvailabilityCell]:
        context = self.context
        key = (snapshot.room_type_id, snapshot.day)
        held = self.cells.held.get(key)
        decision: Decision[AvailabilityCell]
        if held is not None:
            decision = held.merge(snapshot, context.receipt, now=context.now)
        else:
            decision = AvailabilityCell.create_from(
                snapshot,
                context.receipt,
                hotel_id=context.hotel_id,
                provider=context.provider,
                now=context.now,
            )
        self.cells.put(key, decision)
        if isinstance(decision, Applied):
            self.days.setdefault(snapshot.room_type_id, []).append(decision.entity)
        return decision


def apply_items(
    uow: UnitOfWork, items: Sequence[ReadItem], context: ApplyContext, ids: IdGenerator
) -> list[ItemResult]:
    """One result per item, in order. Raises ConcurrentChange (from the stores)."""
    completed_items = [_complete_availability(item, uow, context) for item in items]
    page = _PageBatch.load(uow, completed_items, context, ids)
    results = [_apply_item(item, page, context) for item in completed_items]
    page.store(uow)
    return results


def apply_deletions(
    uow: UnitOfWork, external_ids: Sequence[str], context: ApplyContext, ids: IdGenerator
) -> int:
    """Bookings that the provider's API, asked for by id, has no more; how many that changed."""
    held = dict(uow.bookings.load(context.hotel_id, context.provider, external_ids))
    page = _PageBatch(context, ids, _IdentityMap(held), _IdentityMap({}), _IdentityMap({}))
    for external_id in tuple(held):
        page.mark_deleted(external_id)
    page.store(uow)
    return len(page.bookings.written)


def _complete_availability(item: ReadItem, uow: UnitOfWork, context: ApplyContext) -> ReadItem:
    """A complete set of availability says something of each cell that we hold."""
    received = item.snapshot
    if not isinstance(received, AvailabilitySet) or received.complete_from is None:
        return item
    held = uow.availability.held_from(context.hotel_id, context.provider, received.complete_from)
    try:
        return replace(item, snapshot=received.completed(held))
    except InvalidField as invalid:
        reason = Reason(invalid.code, invalid.path, f"{invalid.path}: {invalid.fix}")
        return replace(item, snapshot=None, reason=reason)


def _cells_of(snapshot: Snapshot) -> Sequence[AvailabilitySnapshot]:
    match snapshot:
        case AvailabilitySnapshot():
            return (snapshot,)
        case AvailabilitySet():
            return snapshot.cells
        case _:
            return ()


def _dominant_decision(
    decisions: Sequence[Decision[AvailabilityCell]],
) -> Decision[AvailabilityCell]:
    """Of a set's cells: one that has to be asked about, else one that changed, else one that is
    as it was; stale only where all are."""
    for kind in (VersionConflict, Applied, Advanced, Unchanged, Stale):
        for decision in decisions:
            if isinstance(decision, kind):
                return decision
    return Unchanged()


def _apply_item(item: ReadItem, page: _PageBatch, context: ApplyContext) -> ItemResult:
    if item.snapshot is None:
        return ItemResult(item, ItemOutcome.QUARANTINED, item.reason)
    match page.merge(item.snapshot):
        case Applied(change=change):
            return ItemResult(item, ItemOutcome.APPLIED, created=change is Change.CREATED)
        case SnapshotRefused(reason=reason):
            return ItemResult(item, ItemOutcome.QUARANTINED, reason)
        case Stale():
            return ItemResult(item, ItemOutcome.STALE)
        case VersionConflict():
            return _conflict_result(item, context)
        case _:
            return ItemResult(item, ItemOutcome.UNCHANGED)


def _conflict_result(item: ReadItem, context: ApplyContext) -> ItemResult:
    if context.can_fetch:
        return ItemResult(item, ItemOutcome.STALE, VERSION_CONFLICT_FETCHING, has_conflict=True)
    return ItemResult(item, ItemOutcome.QUARANTINED, VERSION_CONFLICT)


def _booking_synced(applied: Applied[Booking], context: ApplyContext) -> BookingSynced:
    booking, transition = applied.entity, applied.transition
    return BookingSynced(
        hotel_id=context.hotel_id,
        provider=context.provider,
        connection_id=context.receipt.connection_id,
        external_id=booking.external_id,
        version=booking.version,
        correlation_id=context.correlation_id,
        at=context.now,
        change=applied.change,
        changed_fields=applied.changed_fields,
        status=booking.details.status,
        from_status=transition.source if transition else None,
        transition=transition.kind if transition else None,
        reason=applied.reason,
    )


def _guest_synced(applied: Applied[Guest], context: ApplyContext) -> GuestSynced:
    return GuestSynced(
        hotel_id=context.hotel_id,
        provider=context.provider,
        connection_id=context.receipt.connection_id,
        external_id=applied.entity.external_id,
        version=applied.entity.version,
        correlation_id=context.correlation_id,
        at=context.now,
        change=applied.change,
        changed_fields=applied.changed_fields,
    )


def _cells_synced(cells: Sequence[AvailabilityCell], context: ApplyContext) -> AvailabilitySynced:
    return AvailabilitySynced(
        hotel_id=context.hotel_id,
        provider=context.provider,
        connection_id=context.receipt.connection_id,
        external_id=cells[0].room_type_id,
        version=max(cell.version for cell in cells),
        correlation_id=context.correlation_id,
        at=context.now,
        days=tuple(sorted({cell.day for cell in cells})),
    )
