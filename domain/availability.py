"""One room type on one local hotel date: how many rooms there are and how many can be sold."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from domain.precedence import (
    Advanced,
    Applied,
    Change,
    Decision,
    Observation,
    Provenance,
    Unchanged,
    Verdict,
    changed_names,
    judge,
    nothing_to_write,
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
    def first_seen(
        cls,
        snapshot: AvailabilitySnapshot,
        observation: Observation,
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
            provenance=Provenance(snapshot.version, observation.origin, observation.observed_at),
            synced_at=now,
        )
        said = tuple(name for name in _FIELDS if getattr(snapshot, name) is not ABSENT)
        return Applied(entity=cell, change=Change.CREATED, changed_fields=said)

    @property
    def version(self) -> SourceVersion:
        return self.provenance.version

    def hear(
        self, snapshot: AvailabilitySnapshot, observation: Observation, *, now: datetime
    ) -> "Decision[AvailabilityCell]":
        """Decides what the provider's word changes. A version that advances over the same counts
        is not worth a write when it was pulled: availability has no clock of its own there, so
        every pull advances it, and a full sync of an unchanged hotel must write nothing."""
        details = _merged(self.details, snapshot)
        verdict = judge(
            self.provenance, snapshot.version, observation, same_content=details == self.details
        )
        heard = replace(
            self,
            details=details,
            provenance=self.provenance.followed_by(snapshot.version, observation),
            synced_at=now,
            revision=self.revision + 1,
        )
        if (nothing := nothing_to_write(verdict)) is not None:
            return nothing
        if verdict is Verdict.ADVANCE:
            return Unchanged() if snapshot.version_is_ours else Advanced(heard)
        return Applied(
            entity=heard,
            change=Change.UPDATED,
            changed_fields=changed_names(self.details, details),
        )


def _merged(held: CellDetails, snapshot: AvailabilitySnapshot) -> CellDetails:
    said = {name: value for name in _FIELDS if (value := getattr(snapshot, name)) is not ABSENT}
    merged = replace(held, **said)
    if isinstance(snapshot.counted_rooms, tuple):
        return _counted(held, merged, snapshot.counted_rooms, are_all=snapshot.rooms_are_all)
    return merged if snapshot.available is ABSENT else replace(merged, counted_rooms=())


def _counted(
    held: CellDetails, merged: CellDetails, said: Sequence[RoomCount], *, are_all: bool
) -> CellDetails:
    known = {} if are_all else {room.room_id: room for room in held.counted_rooms}
    known |= {room.room_id: room for room in said}
    rooms = tuple(known[room_id] for room_id in sorted(known))
    return replace(
        merged,
        counted_rooms=rooms,
        available=sum(room.available for room in rooms),
        blocked=sum(room.blocked for room in rooms),
    )
