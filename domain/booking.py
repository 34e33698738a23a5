"""The Booking aggregate: what a hotel and its guest agreed, as the provider last said it."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from uuid import UUID

from domain.precedence import (
    Advanced,
    Applied,
    Change,
    Channel,
    Decision,
    Provenance,
    Receipt,
    Resolution,
    SnapshotRefused,
    Stale,
    Unchanged,
    changed_names,
    decision_without_write,
    resolve,
)
from domain.snapshots import (
    BookingSnapshot,
    BookingSource,
    Extras,
    Party,
    RoomStay,
)
from domain.status import (
    TRANSITIONS,
    BookingStatus,
    StatusTransition,
    TransitionKind,
    holds_inventory_by_default,
)
from domain.values import ABSENT, ConnectionId, HotelId, Money, Reason, SourceVersion, Stay


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


_SNAPSHOT_FIELDS = tuple(
    f.name for f in fields(BookingSnapshot) if f.name not in ("external_id", "version", "deleted")
)
_EXPLICIT_DETAILS = ("status", "stay", "rooms", "holds_inventory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """`revision` counts our writes of this row, from 1; the store's guard against lost updates."""

    id: UUID
    hotel_id: HotelId
    provider: str
    external_id: str
    connection_id: ConnectionId
    """The connection that brought the content held now."""
    details: BookingDetails
    provenance: Provenance
    synced_at: datetime
    revision: int = 1

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
        """Any status may be the first that we see. `status` and `stay` must be there."""
        if snapshot.status is ABSENT or snapshot.stay is ABSENT:
            missing = "status" if snapshot.status is ABSENT else "stay"
            detail = f"{missing}: send it, this booking is not known yet"
            return SnapshotRefused(Reason("missing_field", missing, detail))
        details = _first_details(snapshot, snapshot.status, snapshot.stay, now)
        booking = cls(
            id=booking_id,
            hotel_id=hotel_id,
            provider=provider,
            external_id=snapshot.external_id,
            connection_id=receipt.connection_id,
            details=details,
            provenance=Provenance(snapshot.version, receipt.channel, receipt.observed_at),
            synced_at=now,
        )
        present_fields = tuple(
            name for name in _SNAPSHOT_FIELDS if getattr(snapshot, name) is not ABSENT
        )
        transition = StatusTransition(None, details.status, TransitionKind.CREATED)
        return Applied(
            entity=booking,
            change=Change.CREATED,
            changed_fields=present_fields,
            transition=transition,
        )

    @property
    def version(self) -> SourceVersion:
        return self.provenance.version

    def merge(
        self, snapshot: BookingSnapshot, receipt: Receipt, *, now: datetime
    ) -> "Decision[Booking]":
        """Decides what the provider's word changes; nothing is written here."""
        details = self._merged(snapshot, now)
        resolution = resolve(
            self.provenance, snapshot.version, receipt, same_content=details == self.details
        )
        if (decision := decision_without_write(resolution)) is not None:
            return decision
        if resolution is Resolution.ADVANCE:
            return Advanced(self._next_revision(self.details, snapshot, receipt, now))
        return self._apply(details, snapshot, receipt, resolution=resolution, now=now)

    def mark_deleted_at_source(self, receipt: Receipt, *, now: datetime) -> "Decision[Booking]":
        """The provider's API, asked for this booking, has it no more. What reached us after the
        question was asked outranks the answer."""
        if self.details.deleted_at_source is not None:
            return Unchanged()
        if self.provenance.observed_at > receipt.observed_at:
            return Stale()
        details = replace(self.details, deleted_at_source=now, holds_inventory=False)
        snapshot = BookingSnapshot(external_id=self.external_id, version=self.version, deleted=True)
        return Applied(
            entity=self._next_revision(details, snapshot, receipt, now),
            change=Change.UPDATED,
            changed_fields=changed_names(self.details, details),
            reason="gone at the source",
        )

    def _apply(
        self,
        details: BookingDetails,
        snapshot: BookingSnapshot,
        receipt: Receipt,
        *,
        resolution: Resolution,
        now: datetime,
    ) -> "Applied[Booking] | SnapshotRefused":
        transition = self._transition_to(details.status)
        reconciled = receipt.channel is Channel.RECONCILED
        if transition and transition.kind is TransitionKind.REFUSED:
            if not reconciled:
                return SnapshotRefused(_illegal_transition_reason(transition))
            transition = replace(transition, kind=TransitionKind.CORRECTION)
        corrected = resolution is Resolution.OVERRIDE or (
            transition is not None and transition.kind is TransitionKind.CORRECTION
        )
        return Applied(
            entity=self._next_revision(details, snapshot, receipt, now),
            change=_change(transition, corrected=corrected),
            changed_fields=changed_names(self.details, details),
            transition=transition,
            reason="reconciled with the provider's API" if reconciled and corrected else None,
        )

    def _transition_to(self, target: BookingStatus) -> StatusTransition | None:
        source = self.details.status
        if source is target:
            return None
        return StatusTransition(source, target, TRANSITIONS[source, target])

    def _merged(self, snapshot: BookingSnapshot, now: datetime) -> BookingDetails:
        present_fields = _present_fields(snapshot)
        status = snapshot.status if snapshot.status is not ABSENT else self.details.status
        if snapshot.holds_inventory is ABSENT and (
            status is not self.details.status or self.details.deleted_at_source
        ):
            present_fields["holds_inventory"] = holds_inventory_by_default(status)
        present_fields["deleted_at_source"] = None
        if snapshot.deleted:
            present_fields["deleted_at_source"] = self.details.deleted_at_source or now
            present_fields["holds_inventory"] = False
        return replace(self.details, **present_fields)  # type: ignore[arg-type]  # names are those of both classes

    def _next_revision(
        self,
        details: BookingDetails,
        snapshot: BookingSnapshot,
        receipt: Receipt,
        now: datetime,
    ) -> "Booking":
        return replace(
            self,
            connection_id=receipt.connection_id,
            details=details,
            provenance=self.provenance.superseded_by(snapshot.version, receipt),
            synced_at=now,
            revision=self.revision + 1,
        )


def _present_fields(snapshot: BookingSnapshot) -> dict[str, object]:
    return {
        name: value for name in _SNAPSHOT_FIELDS if (value := getattr(snapshot, name)) is not ABSENT
    }


def _first_details(
    snapshot: BookingSnapshot, status: BookingStatus, stay: Stay, now: datetime
) -> BookingDetails:
    rooms = (RoomStay(stay=stay, status=status),) if snapshot.rooms is ABSENT else snapshot.rooms
    holds = snapshot.holds_inventory
    if holds is ABSENT:
        holds = holds_inventory_by_default(status)
    rest = {k: v for k, v in _present_fields(snapshot).items() if k not in _EXPLICIT_DETAILS}
    return BookingDetails(
        status=status,
        stay=stay,
        rooms=rooms,
        holds_inventory=holds and not snapshot.deleted,
        deleted_at_source=now if snapshot.deleted else None,
        **rest,  # type: ignore[arg-type]  # names and types are those of the snapshot's fields
    )


def _change(transition: StatusTransition | None, *, corrected: bool) -> Change:
    if corrected:
        return Change.CORRECTED
    return Change.STATUS_CHANGED if transition else Change.UPDATED


def _illegal_transition_reason(transition: StatusTransition) -> Reason:
    detail = f"status: no hotel goes from {transition.source} to {transition.target}"
    return Reason("illegal_transition", "status", detail)
