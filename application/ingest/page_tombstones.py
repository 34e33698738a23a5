"""The tombstones of a page: bookings that ended before they, or their content, were received."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from domain.booking import Booking
from domain.merge import (
    WITHOUT_WRITE,
    Advanced,
    Applied,
    Decision,
    Stale,
    Unchanged,
    VersionConflict,
)
from domain.precedence import Provenance, Receipt, Resolution
from domain.snapshots import BookingSnapshot
from domain.tombstone import Tombstone, leaves_tombstone
from domain.values import HotelId, SourceVersion
from ports.bookings import TombstoneStore

Refusal: TypeAlias = Stale | Unchanged | VersionConflict

_REPLACING = (Resolution.APPLY, Resolution.OVERRIDE)


@dataclass(slots=True)
class PageTombstones:
    """`held` reflects earlier items of the page."""

    hotel_id: HotelId
    provider: str
    receipt: Receipt
    now: datetime
    held: dict[str, Tombstone] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)

    def load(
        self, store: TombstoneStore, external_ids: Collection[str], *, exclusive: bool
    ) -> None:
        scope = (self.hotel_id, self.provider)
        self.held.update(store.load(*scope, external_ids, exclusive=exclusive))

    def save(self, store: TombstoneStore) -> None:
        kept = [self.held[each] for each in self._written if each in self.held]
        if kept:
            store.save(kept)
        if removed := self._written - self.held.keys():
            store.remove(self.hotel_id, self.provider, removed)

    def resolve_unknown(self, snapshot: BookingSnapshot) -> BookingSnapshot | Refusal:
        """For a booking that is not stored: the snapshot to create it from, or the decision."""
        tombstone = self.held.get(snapshot.external_id)
        if leaves_tombstone(snapshot):
            return self._leave(snapshot, tombstone)
        if tombstone is None:
            return snapshot
        can_create = snapshot.can_create_booking
        if tombstone.resolve(snapshot, self.receipt) in _REPLACING:
            if can_create:
                self._remove(snapshot.external_id)
            return snapshot
        if tombstone.snapshot.deleted or not can_create:
            return Stale()
        self._put(replace(tombstone, content_version=snapshot.version))
        return tombstone.complete(snapshot)

    def add_late_content(
        self, booking: Booking, snapshot: BookingSnapshot
    ) -> Decision[Booking] | None:
        """What a stale snapshot changes of a booking that was ended by a tombstone; None if its
        content is newer."""
        tombstone = self.held.get(snapshot.external_id)
        if tombstone is None or not tombstone.lacks_content_of(snapshot, booking):
            return None
        self._put(replace(tombstone, content_version=snapshot.version))
        return tombstone.add_content(booking, snapshot, self.receipt, now=self.now)

    def record_end(
        self, booking: Booking, snapshot: BookingSnapshot, decision: Decision[Booking]
    ) -> None:
        """Remembers the version of the content of a booking that the snapshot ended."""
        if not leaves_tombstone(snapshot) or not isinstance(decision, Applied | Advanced):
            return
        before = self.held.get(snapshot.external_id)
        if before is not None and before.is_status_of(booking):
            self._put(before.superseded_by(snapshot, self.receipt, now=self.now))
        else:
            self._put(self._tombstone(snapshot, content_version=booking.version))

    def _leave(self, snapshot: BookingSnapshot, before: Tombstone | None) -> Refusal:
        """Unchanged for the sender: no booking is stored, no event published."""
        if before is None:
            self._put(self._tombstone(snapshot))
            return Unchanged()
        if (refusal := WITHOUT_WRITE.get(before.resolve(snapshot, self.receipt))) is not None:
            return refusal
        self._put(before.superseded_by(snapshot, self.receipt, now=self.now))
        return Unchanged()

    def _tombstone(
        self, snapshot: BookingSnapshot, content_version: SourceVersion | None = None
    ) -> Tombstone:
        return Tombstone(
            hotel_id=self.hotel_id,
            provider=self.provider,
            connection_id=self.receipt.connection_id,
            snapshot=snapshot,
            provenance=Provenance.of(snapshot.version, self.receipt),
            content_version=content_version,
            recorded_at=self.now,
        )

    def _put(self, tombstone: Tombstone) -> None:
        self.held[tombstone.external_id] = tombstone
        self._written.add(tombstone.external_id)

    def _remove(self, external_id: str) -> None:
        del self.held[external_id]
        self._written.add(external_id)
