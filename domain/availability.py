"""One room type on one local hotel date: how many rooms there are and how many can be sold."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from domain.precedence import (
    Advanced,
    Applied,
    Change,
    Decision,
    Provenance,
    Receipt,
    Resolution,
    Unchanged,
    changed_names,
    decision_without_write,
    resolve,
)
from domain.snapshots import AvailabilitySnapshot, RoomCount
from domain.values import ABSENT, HotelId, Money, SourceVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDetails:
    total: int | None = None
    available: int | None = None
    occupied: int | None = None
    blocked: int | None = None
    lowest_rate: Money | None = None
    closed: bool | None = None
    closed_to_arrival: bool | None = None
    closed_to_departure: bool | None = None
    min_stay: int | None = None
    max_stay: int | None = None
    counted_rooms: tuple[RoomCount, ...] = ()
    """By id; of a provider that counts room by room, so that a word about one of them can be
    added up with what is known of the others."""


_FIELDS = tuple(f.name for f in fields(CellDetails))


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityCell:
    hotel_id: HotelId
    provider: str
    room_type_id: str
    day: date
    details: CellDetails
    provenance: Provenance
    synced_at: datetime
    revision: int = 1

    @classmethod
    def create_from(
        cls,
        snapshot: AvailabilitySnapshot,
        receipt: Receipt,
        *,
        hotel_id: HotelId,
        provider: str,
        now: datetime,
    ) -> "Applied[AvailabilityCell]":
        cell = cls(
            hotel_id=hotel_id,
            provider=provider,
            room_type_id=snapshot.room_type_id,
            day=snapshot.day,
            details=_merged(CellDetails(), snapshot),
            provenance=Provenance(snapshot.version, receipt.channel, receipt.observed_at),
            synced_at=now,
        )
        received = tuple(name for name in _FIELDS if getattr(snapshot, name) is not ABSENT)
        return Applied(entity=cell, change=Change.CREATED, changed_fields=received)

    @property
    def version(self) -> SourceVersion:
        return self.provenance.version

    def merge(
        self, snapshot: AvailabilitySnapshot, receipt: Receipt, *, now: datetime
    ) -> "Decision[AvailabilityCell]":
        """Decides what the provider's word changes. A version that advances over the same counts
        is not worth a write when it was pulled: availability has no clock of its own there, so
        every pull advances it, and a full sync of an unchanged hotel must write nothing."""
        details = _merged(self.details, snapshot)
        resolution = resolve(
            self.provenance, snapshot.version, receipt, same_content=details == self.details
        )
        merged = replace(
            self,
            details=details,
            provenance=self.provenance.superseded_by(snapshot.version, receipt),
            synced_at=now,
            revision=self.revision + 1,
        )
        if (decision := decision_without_write(resolution)) is not None:
            return decision
        if resolution is Resolution.ADVANCE:
            return Unchanged() if snapshot.version_is_ours else Advanced(merged)
        return Applied(
            entity=merged,
            change=Change.UPDATED,
            changed_fields=changed_names(self.details, details),
        )


def _merged(held: CellDetails, snapshot: AvailabilitySnapshot) -> CellDetails:
    received = {name: value for name in _FIELDS if (value := getattr(snapshot, name)) is not ABSENT}
    merged = replace(held, **received)
    if isinstance(snapshot.counted_rooms, tuple):
        return _merge_room_counts(
            held, merged, snapshot.counted_rooms, are_all=snapshot.rooms_are_all
        )
    return merged if snapshot.available is ABSENT else replace(merged, counted_rooms=())


def _merge_room_counts(
    held: CellDetails, merged: CellDetails, received: Sequence[RoomCount], *, are_all: bool
) -> CellDetails:
    known = {} if are_all else {room.room_id: room for room in held.counted_rooms}
    known |= {room.room_id: room for room in received}
    rooms = tuple(known[room_id] for room_id in sorted(known))
    return replace(
        merged,
        counted_rooms=rooms,
        available=sum(room.available for room in rooms),
        blocked=sum(room.blocked for room in rooms),
    )
