"""Deletions and cancellations that arrive before their booking, or before its content.

A deletion, or a cancellation without a stay, cannot create a booking. It is kept as a tombstone. An
older version that arrives later gives the content, the tombstone gives the status and the version.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.booking import Booking
from domain.merge import Decision, merge_fields
from domain.precedence import Provenance, Receipt, Resolution, resolve
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.values import ABSENT, ConnectionId, HotelId, SourceVersion


def leaves_tombstone(snapshot: BookingSnapshot) -> bool:
    """Whether it ends a booking without the fields to create one."""
    if snapshot.deleted:
        return not snapshot.can_create_booking
    return snapshot.status is BookingStatus.CANCELED and snapshot.stay is ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """`snapshot` is what was received; its version is that of `provenance`. `content_version`: of
    the older snapshot that the stored booking's other fields came from, None without a booking."""

    hotel_id: HotelId
    provider: str
    connection_id: ConnectionId
    snapshot: BookingSnapshot
    provenance: Provenance
    content_version: SourceVersion | None = None
    recorded_at: datetime

    @property
    def external_id(self) -> str:
        return self.snapshot.external_id

    def resolve(self, snapshot: BookingSnapshot, receipt: Receipt) -> Resolution:
        """Whether a snapshot of this booking, which is not stored, outranks the tombstone. Of one
        page, whose items are observed at the same instant, the version alone decides."""
        observed_before = receipt.observed_at <= self.provenance.observed_at
        if observed_before and snapshot.version < self.snapshot.version:
            return Resolution.STALE
        same = replace(snapshot, version=self.snapshot.version) == self.snapshot
        return resolve(self.provenance, snapshot.version, receipt, same_content=same)

    def superseded_by(
        self, newer: BookingSnapshot, receipt: Receipt, *, now: datetime
    ) -> "Tombstone":
        return replace(
            self,
            connection_id=receipt.connection_id,
            snapshot=merge_fields(self.snapshot, newer),
            provenance=self.provenance.superseded_by(newer.version, receipt),
            recorded_at=now,
        )

    def complete(self, older: BookingSnapshot) -> BookingSnapshot:
        """The older snapshot, overwritten by what was received here, under this version."""
        if self.snapshot.status is not ABSENT:
            older = replace(older, holds_inventory=ABSENT)
        return merge_fields(older, self.snapshot)

    def is_status_of(self, booking: Booking) -> bool:
        """Nothing newer changed the booking since."""
        return self.content_version is not None and booking.version == self.snapshot.version

    def lacks_content_of(self, snapshot: BookingSnapshot, booking: Booking) -> bool:
        if not snapshot.can_create_booking or not self.is_status_of(booking):
            return False
        return self.content_version is not None and self.content_version < snapshot.version

    def add_content(
        self, booking: Booking, older: BookingSnapshot, receipt: Receipt, *, now: datetime
    ) -> "Decision[Booking]":
        """What an older snapshot changes of a booking whose content is older still."""
        version = self.content_version or booking.version
        rewound = replace(booking, provenance=replace(booking.provenance, version=version))
        return rewound.merge(self.complete(older), receipt, now=now)
