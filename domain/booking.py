"""The Booking aggregate: what a hotel and its guest agreed, as last received from the provider."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.merge import (
    Advanced,
    Applied,
    Change,
    Decision,
    Replica,
    SnapshotRefused,
    Stale,
    Unchanged,
    changed_names,
    merge_fields,
    replace_fields,
)
from domain.precedence import Channel, Provenance, Receipt
from domain.room_stays import RoomHeader, align_rooms, find_contradiction
from domain.snapshots import BookingSnapshot, BookingSource, Extras, Party, RoomStay
from domain.status import (
    CONTRADICTED_FIELDS,
    TRANSITIONS,
    BookingStatus,
    StatusTransition,
    TransitionKind,
    holds_inventory_by_default,
    may_hold_inventory,
)
from domain.values import ABSENT, Absent, ConnectionId, HotelId, Money, Reason, SourceVersion, Stay

_REQUIRED = ("status", "stay")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingDetails:
    status: BookingStatus
    stay: Stay
    rooms: tuple[RoomStay, ...]
    holds_inventory: bool
    confirmation_number: str | None = None
    group_id: str | None = None
    share_id: str | None = None
    source: BookingSource = BookingSource.OTHER
    primary_guest: Party | None = None
    further_guests: tuple[Party, ...] = ()
    total: Money | None = None
    paid: Money | None = None
    balance: Money | None = None
    special_requests: str | None = None
    notes: str | None = None
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    canceled_at: datetime | None = None
    cancel_reason: str | None = None
    extras: Extras = ()
    deleted_at_source: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking(Replica[BookingDetails, BookingSnapshot]):
    id: UUID
    external_id: str
    connection_id: ConnectionId
    """The connection that the current content came by."""

    @classmethod
    def create_from(
        cls,
        snapshot: BookingSnapshot,
        receipt: Receipt,
        *,
        hotel_id: HotelId,
        provider: str,
        booking_id: UUID,
        now: datetime,
    ) -> "Applied[Booking] | SnapshotRefused":
        """Refused without `status` or `stay`; any status may be the first."""
        if snapshot.status is ABSENT or snapshot.stay is ABSENT:
            return _missing_field(snapshot)
        booking = cls(
            id=booking_id,
            hotel_id=hotel_id,
            provider=provider,
            external_id=snapshot.external_id,
            connection_id=receipt.connection_id,
            details=_first_details(snapshot, snapshot.status, snapshot.stay, now),
            provenance=Provenance.of(snapshot.version, receipt),
            synced_at=now,
        )
        transition = StatusTransition(None, snapshot.status, TransitionKind.CREATED)
        return booking.created_from(snapshot, transition)

    def merge(
        self, snapshot: BookingSnapshot, receipt: Receipt, *, now: datetime
    ) -> "Decision[Booking]":
        """Refused if a push sends rooms without the header that they contradict."""
        decision = Replica.merge(self, snapshot, receipt, now=now)
        if snapshot.can_create_booking or receipt.channel is not Channel.PUSHED:
            return decision
        if isinstance(decision, Applied | Advanced):
            details = decision.entity.details
            error = find_contradiction(snapshot, RoomHeader(details.status, details.stay))
            return SnapshotRefused(Reason.from_error(error)) if error else decision
        return decision

    def mark_deleted_at_source(self, receipt: Receipt, *, now: datetime) -> "Decision[Booking]":
        """The provider's API no longer returns this booking. Stale if newer data was received
        after the request was sent."""
        if self.details.deleted_at_source is not None:
            return Unchanged()
        if self.provenance.observed_at > receipt.observed_at:
            return Stale()
        details = replace(self.details, deleted_at_source=now, holds_inventory=False)
        return Applied(
            entity=self.revise(details, self.version, receipt, now),
            change=Change.UPDATED,
            changed_fields=changed_names(self.details, details),
            reason="deleted at the source",
        )

    def _merge_details(self, snapshot: BookingSnapshot, now: datetime, /) -> BookingDetails:
        held, merged = self.details, merge_fields(self.details, snapshot)
        holds = merged.holds_inventory
        is_reset = merged.status is not held.status or held.deleted_at_source is not None
        if snapshot.holds_inventory is ABSENT and is_reset:
            holds = holds_inventory_by_default(merged.status)
        return replace_fields(
            merged,
            rooms=_merge_rooms(held, merged),
            holds_inventory=holds and may_hold_inventory(merged.status) and not snapshot.deleted,
            deleted_at_source=(held.deleted_at_source or now) if snapshot.deleted else None,
            **dict.fromkeys(CONTRADICTED_FIELDS[merged.status]),
        )

    def revise(
        self, details: BookingDetails, version: SourceVersion, receipt: Receipt, now: datetime
    ) -> "Booking":
        revised = Replica.revise(self, details, version, receipt, now)
        return replace(revised, connection_id=receipt.connection_id)

    def _apply(
        self, merged: "Booking", *, is_override: bool
    ) -> "Applied[Booking] | SnapshotRefused":
        """A reconcile applies illegal transitions too, as corrections."""
        transition = self._transition_to(merged.details.status)
        reconciled = merged.provenance.channel is Channel.RECONCILED
        if transition and transition.kind is TransitionKind.REFUSED:
            if not reconciled:
                return SnapshotRefused(_illegal_transition_reason(transition))
            transition = replace(transition, kind=TransitionKind.CORRECTION)
        corrected = is_override or (
            transition is not None and transition.kind is TransitionKind.CORRECTION
        )
        return Applied(
            entity=merged,
            change=_change(transition, corrected=corrected),
            changed_fields=changed_names(self.details, merged.details),
            transition=transition,
            reason="reconciled with the provider's API" if reconciled and corrected else None,
        )

    def _transition_to(self, target: BookingStatus) -> StatusTransition | None:
        source = self.details.status
        if source is target:
            return None
        return StatusTransition(source, target, TRANSITIONS[source, target])


def _first_details(
    snapshot: BookingSnapshot, status: BookingStatus, stay: Stay, now: datetime
) -> BookingDetails:
    defaults = BookingDetails(
        status=status,
        stay=stay,
        rooms=(RoomStay(stay=stay, status=status),),
        holds_inventory=holds_inventory_by_default(status),
    )
    overrides: dict[str, object] = dict.fromkeys(CONTRADICTED_FIELDS[status])
    if not isinstance(snapshot.rooms, Absent):
        overrides["rooms"] = align_rooms(snapshot.rooms, status, stay, previous=None)
    if not may_hold_inventory(status):
        overrides["holds_inventory"] = False
    if snapshot.deleted:
        overrides |= {"deleted_at_source": now, "holds_inventory": False}
    return merge_fields(defaults, snapshot, **overrides)


def _merge_rooms(held: BookingDetails, merged: BookingDetails) -> tuple[RoomStay, ...]:
    """The rooms that were sent, else those of ours, under the merged header."""
    if merged.rooms is not held.rooms:
        return align_rooms(merged.rooms, merged.status, merged.stay, previous=None)
    if held.status is merged.status and held.stay == merged.stay:
        return held.rooms
    previous = RoomHeader(held.status, held.stay)
    return align_rooms(held.rooms, merged.status, merged.stay, previous=previous)


def is_unknown_booking(reason: Reason | None) -> bool:
    """Whether a snapshot was refused only because its booking is not stored."""
    return reason is not None and reason.code == "missing_field" and reason.path in _REQUIRED


def _missing_field(snapshot: BookingSnapshot) -> SnapshotRefused:
    missing = "status" if snapshot.status is ABSENT else "stay"
    detail = f"{missing}: missing; required for a booking that is not stored yet"
    return SnapshotRefused(Reason("missing_field", missing, detail))


def _change(transition: StatusTransition | None, *, corrected: bool) -> Change:
    if corrected:
        return Change.CORRECTED
    return Change.STATUS_CHANGED if transition else Change.UPDATED


def _illegal_transition_reason(transition: StatusTransition) -> Reason:
    detail = f"status: cannot change from {transition.source} to {transition.target}"
    return Reason("illegal_transition", "status", detail)
