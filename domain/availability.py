"""Availability of one room type on one local hotel date."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from domain.merge import Advanced, Applied, Decision, Replica, Unchanged, merge_fields
from domain.precedence import Provenance, Receipt
from domain.snapshots import AvailabilitySnapshot, RoomCount
from domain.values import ABSENT, HotelId, Money


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
    """Sorted by id. Only of a provider that counts room by room: a snapshot of one room is added
    up with the stored counts of the others."""


_NO_DETAILS: Final = CellDetails()


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityCell(Replica[CellDetails, AvailabilitySnapshot]):
    room_type_id: str
    day: date

    @classmethod
    def create_from(
        cls,
        snapshot: AvailabilitySnapshot,
        receipt: Receipt,
        *,
        hotel_id: HotelId,
        provider: str,
        now: datetime,
    ) -> "Applied[AvailabilityCell] | Unchanged":
        """A snapshot that only clears fields creates no cell: there is nothing to clear."""
        details = _merged(_NO_DETAILS, snapshot)
        if details == _NO_DETAILS:
            return Unchanged()
        cell = cls(
            hotel_id=hotel_id,
            provider=provider,
            room_type_id=snapshot.room_type_id,
            day=snapshot.day,
            details=details,
            provenance=Provenance.of(snapshot.version, receipt),
            synced_at=now,
        )
        return cell.created_from(snapshot)

    def merge(
        self, snapshot: AvailabilitySnapshot, receipt: Receipt, *, now: datetime
    ) -> "Decision[AvailabilityCell]":
        """As of every replica, but where the version is our own clock, each pull advances it: that
        alone is no reason to write, since a full sync of an unchanged hotel writes nothing."""
        decision = Replica.merge(self, snapshot, receipt, now=now)
        is_ours = isinstance(decision, Advanced) and snapshot.version_is_ours
        return Unchanged() if is_ours else decision

    def _merge_details(self, snapshot: AvailabilitySnapshot, _now: datetime, /) -> CellDetails:
        return _merged(self.details, snapshot)


def _merged(held: CellDetails, snapshot: AvailabilitySnapshot) -> CellDetails:
    if isinstance(snapshot.counted_rooms, tuple):
        return _merge_room_counts(
            held,
            merge_fields(held, snapshot),
            snapshot.counted_rooms,
            are_all=snapshot.rooms_are_all,
        )
    rooms = held.counted_rooms if snapshot.available is ABSENT else ()
    return merge_fields(held, snapshot, counted_rooms=rooms)


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
