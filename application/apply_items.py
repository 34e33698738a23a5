"""Applies a page of what a provider said: load in bulk, decide one by one, save in bulk.

Used inside a unit of work by every way in: push, webhook fetch, sync, reconcile, replay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Generic, TypeVar

from application.cloud_events import outbox_message
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.errors import InvalidField
from domain.events import AvailabilitySynced, BookingSynced, Event, GuestSynced
from domain.guest import Guest
from domain.precedence import (
    Advanced,
    Applied,
    Change,
    Decision,
    Observation,
    Refused,
    Stale,
    Tied,
    Unchanged,
    from_the_future,
)
from domain.snapshots import (
    AvailabilitySet,
    AvailabilitySnapshot,
    BookingSnapshot,
    GuestSnapshot,
    Snapshot,
)
from domain.sync import ItemOutcome, SyncCounts
from domain.values import ABSENT, HotelId, Reason
from ports.bookings import StatusChange
from ports.providers import ReadItem
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork

TIE: Final = Reason(
    "version_tie",
    "source_version",
    "source_version: this version came before with other content; send a newer one",
)
TIE_ASKED: Final = Reason(
    "version_tie",
    "source_version",
    "source_version: this version came before with other content; the provider is being asked",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`can_fetch`: the provider's API can be asked about a tie."""

    hotel_id: HotelId
    provider: str
    observation: Observation
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
    tied: bool = False


def counted(results: Iterable[ItemResult]) -> SyncCounts:
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
class _Shelf(Generic[K, E]):
    """`held` follows the page, so that a thing that comes twice in it is heard twice; `written`
    is saved once, under the revision after the stored one."""

    held: dict[K, E]
    written: dict[K, E] = field(default_factory=dict)

    def keep(self, key: K, decision: Decision[E]) -> None:
        if not isinstance(decision, Applied | Advanced):
            return
        entity: E = decision.entity
        if key in self.written:
            entity = replace(entity, revision=self.written[key].revision)
        self.held[key] = self.written[key] = entity


@dataclass(slots=True)
class _PageBeingApplied:
    """What one page is going to write, collected while deciding."""

    context: Context
    ids: IdGenerator
    bookings: _Shelf[str, Booking]
    guests: _Shelf[str, Guest]
    cells: _Shelf[tuple[str, date], AvailabilityCell]
    history: list[StatusChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    days: dict[str, list[AvailabilityCell]] = field(default_factory=dict)

    @classmethod
    def load(
        cls, uow: UnitOfWork, items: Sequence[ReadItem], context: Context, ids: IdGenerator
    ) -> "_PageBeingApplied":
        said = [item.snapshot for item in items if item.snapshot is not None]
        bookings = {s.external_id for s in said if isinstance(s, BookingSnapshot)}
        guests = {s.external_id for s in said if isinstance(s, GuestSnapshot)}
        cells = {(cell.room_type_id, cell.day) for s in said for cell in _cells_said(s)}
        place = (context.hotel_id, context.provider)
        return cls(
            context,
            ids,
            _Shelf(dict(uow.bookings.load(*place, bookings)) if bookings else {}),
            _Shelf(dict(uow.guests.load(*place, guests)) if guests else {}),
            _Shelf(dict(uow.availability.load(*place, cells)) if cells else {}),
        )

    def hear(
        self, snapshot: Snapshot
    ) -> Decision[Booking] | Decision[Guest] | Decision[AvailabilityCell]:
        if reason := from_the_future(snapshot.version, self.context.observation):
            return Refused(reason)
        match snapshot:
            case BookingSnapshot():
                return self._hear_booking(snapshot)
            case GuestSnapshot():
                return self._hear_guest(snapshot)
            case AvailabilitySnapshot():
                return self._hear_cell(snapshot)
            case AvailabilitySet():
                return _most_telling([self._hear_cell(cell) for cell in snapshot.cells])

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

    def gone(self, external_id: str) -> None:
        held = self.bookings.held[external_id]
        decision = held.gone_at_source(self.context.observation, now=self.context.now)
        self._settle_booking(external_id, decision)

    def _hear_booking(self, snapshot: BookingSnapshot) -> Decision[Booking]:
        context = self.context
        held = self.bookings.held.get(snapshot.external_id)
        decision: Decision[Booking]
        if held is not None:
            decision = held.hear(snapshot, context.observation, now=context.now)
        elif snapshot.deleted and ABSENT in (snapshot.status, snapshot.stay):
            decision = Unchanged()  # made and deleted before we ever looked: nothing to keep
        else:
            decision = Booking.first_seen(
                snapshot,
                context.observation,
                hotel_id=context.hotel_id,
                provider=context.provider,
                booking_id=self.ids.new(),
                now=context.now,
            )
        self._settle_booking(snapshot.external_id, decision)
        return decision

    def _settle_booking(self, external_id: str, decision: Decision[Booking]) -> None:
        self.bookings.keep(external_id, decision)
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
                    reference=self.context.observation.reference,
                    at=self.context.now,
                )
            )

    def _hear_guest(self, snapshot: GuestSnapshot) -> Decision[Guest]:
        context = self.context
        held = self.guests.held.get(snapshot.external_id)
        decision: Decision[Guest]
        if held is not None:
            decision = held.hear(snapshot, context.observation, now=context.now)
        else:
            decision = Guest.first_seen(
                snapshot,
                context.observation,
                hotel_id=context.hotel_id,
                provider=context.provider,
                guest_id=self.ids.new(),
                now=context.now,
            )
        self.guests.keep(snapshot.external_id, decision)
        if isinstance(decision, Applied):
            self.events.append(_guest_synced(decision, context))
        return decision

    def _hear_cell(self, snapshot: AvailabilitySnapshot) -> Decision[AvailabilityCell]:
        context = self.context
        key = (snapshot.room_type_id, snapshot.day)
        held = self.cells.held.get(key)
        decision: Decision[AvailabilityCell]
        if held is not None:
            decision = held.hear(snapshot, context.observation, now=context.now)
        else:
            decision = AvailabilityCell.first_seen(
                snapshot,
                context.observation,
                hotel_id=context.hotel_id,
                provider=context.provider,
                now=context.now,
            )
        self.cells.keep(key, decision)
        if isinstance(decision, Applied):
            self.days.setdefault(snapshot.room_type_id, []).append(decision.entity)
        return decision


def apply_items(
    uow: UnitOfWork, items: Sequence[ReadItem], context: Context, ids: IdGenerator
) -> list[ItemResult]:
    """One result per item, in order. Raises ConcurrentChange (from the stores)."""
    whole = [_completed(item, uow, context) for item in items]
    page = _PageBeingApplied.load(uow, whole, context, ids)
    results = [_result(item, page, context) for item in whole]
    page.store(uow)
    return results


def apply_disappearances(
    uow: UnitOfWork, external_ids: Sequence[str], context: Context, ids: IdGenerator
) -> int:
    """Bookings that the provider's API, asked for by id, has no more; how many that changed."""
    held = dict(uow.bookings.load(context.hotel_id, context.provider, external_ids))
    page = _PageBeingApplied(context, ids, _Shelf(held), _Shelf({}), _Shelf({}))
    for external_id in tuple(held):
        page.gone(external_id)
    page.store(uow)
    return len(page.bookings.written)


def _completed(item: ReadItem, uow: UnitOfWork, context: Context) -> ReadItem:
    """A complete set of availability says something of each cell that we hold."""
    said = item.snapshot
    if not isinstance(said, AvailabilitySet) or said.complete_from is None:
        return item
    held = uow.availability.held_from(context.hotel_id, context.provider, said.complete_from)
    try:
        return replace(item, snapshot=said.completed(held))
    except InvalidField as fault:
        reason = Reason(fault.code, fault.path, f"{fault.path}: {fault.fix}")
        return replace(item, snapshot=None, reason=reason)


def _cells_said(snapshot: Snapshot) -> Sequence[AvailabilitySnapshot]:
    match snapshot:
        case AvailabilitySnapshot():
            return (snapshot,)
        case AvailabilitySet():
            return snapshot.cells
        case _:
            return ()


def _most_telling(decisions: Sequence[Decision[AvailabilityCell]]) -> Decision[AvailabilityCell]:
    """Of a set's cells: one that has to be asked about, else one that changed, else one that is
    as it was; stale only where all are."""
    for kind in (Tied, Applied, Advanced, Unchanged, Stale):
        for decision in decisions:
            if isinstance(decision, kind):
                return decision
    return Unchanged()


def _result(item: ReadItem, page: _PageBeingApplied, context: Context) -> ItemResult:
    if item.snapshot is None:
        return ItemResult(item, ItemOutcome.QUARANTINED, item.reason)
    match page.hear(item.snapshot):
        case Applied(change=change):
            return ItemResult(item, ItemOutcome.APPLIED, created=change is Change.CREATED)
        case Refused(reason=reason):
            return ItemResult(item, ItemOutcome.QUARANTINED, reason)
        case Stale():
            return ItemResult(item, ItemOutcome.STALE)
        case Tied():
            return _tied(item, context)
        case _:
            return ItemResult(item, ItemOutcome.UNCHANGED)


def _tied(item: ReadItem, context: Context) -> ItemResult:
    if context.can_fetch:
        return ItemResult(item, ItemOutcome.STALE, TIE_ASKED, tied=True)
    return ItemResult(item, ItemOutcome.QUARANTINED, TIE)


def _booking_synced(applied: Applied[Booking], context: Context) -> BookingSynced:
    booking, transition = applied.entity, applied.transition
    return BookingSynced(
        hotel_id=context.hotel_id,
        provider=context.provider,
        connection_id=context.observation.connection_id,
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


def _guest_synced(applied: Applied[Guest], context: Context) -> GuestSynced:
    return GuestSynced(
        hotel_id=context.hotel_id,
        provider=context.provider,
        connection_id=context.observation.connection_id,
        external_id=applied.entity.external_id,
        version=applied.entity.version,
        correlation_id=context.correlation_id,
        at=context.now,
        change=applied.change,
        changed_fields=applied.changed_fields,
    )


def _cells_synced(cells: Sequence[AvailabilityCell], context: Context) -> AvailabilitySynced:
    return AvailabilitySynced(
        hotel_id=context.hotel_id,
        provider=context.provider,
        connection_id=context.observation.connection_id,
        external_id=cells[0].room_type_id,
        version=max(cell.version for cell in cells),
        correlation_id=context.correlation_id,
        at=context.now,
        days=tuple(sorted({cell.day for cell in cells})),
    )
