"""Stores of the replica. Keys are (hotel, provider, external id), always hotel first.

`save` checks every row's revision in its statement: revision 1 inserts, n overwrites only n - 1.
It raises ConcurrentChange if a row was changed meanwhile; the unit of work must not be committed
then.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.guest import Guest
from domain.snapshots import HotelRecords
from domain.status import StatusTransition
from domain.tombstone import Tombstone
from domain.values import ConnectionId, DateRange, HotelId, SourceVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A row of the status history. `reference`: the inbox batch or sync run that caused it."""

    id: UUID
    hotel_id: HotelId
    booking_id: UUID
    transition: StatusTransition
    version: SourceVersion
    reference: str
    at: datetime


class BookingStore(Protocol):
    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, Booking]:
        """By external id, without unknown ones."""
        ...

    def save(self, bookings: Sequence[Booking]) -> None: ...

    def record(self, changes: Sequence[StatusChange]) -> None: ...

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        """Deletes bookings that departed before the day of their hotel's limit, with their history,
        up to `each` of a hotel and provider; returns how many of each hotel. Leaves those that
        another unit of work has locked."""
        ...

    def purge_history(
        self, limits: Mapping[HotelId, datetime], *, each: int
    ) -> Mapping[HotelId, int]:
        """Deletes changes before their hotel's limit, the oldest first, up to `each` of a hotel;
        returns how many of each."""
        ...

    def of_guests(
        self, hotel_id: HotelId, provider: str, guest_ids: Collection[str]
    ) -> Sequence[Booking]:
        """Those that one of these guests is a party of, in any role. Reads every booking of the
        provider: not for requests."""
        ...

    def ids_overlapping(
        self, hotel_id: HotelId, connection_id: ConnectionId, window: DateRange
    ) -> Sequence[str]:
        """External ids of this connection's bookings whose `stay.dates` overlap the window, without
        those deleted at the source."""
        ...


class TombstoneStore(Protocol):
    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str], *, exclusive: bool
    ) -> Mapping[str, Tombstone]:
        """By external id, without unknown ones. Until the unit of work ends, no other one loads
        tombstones of this hotel and provider while one of the two is `exclusive`: so the creation
        of a booking and what waits for it never miss each other."""
        ...

    def save(self, tombstones: Sequence[Tombstone]) -> None:
        """Inserts or overwrites."""
        ...

    def of_guests(
        self, hotel_id: HotelId, provider: str, guest_ids: Collection[str]
    ) -> Sequence[Tombstone]:
        """Those whose snapshot names one of these guests as a party."""
        ...

    def remove(self, hotel_id: HotelId, provider: str, external_ids: Collection[str]) -> None: ...

    def purge(self, *, recorded_before: datetime, limit: int) -> int: ...


class GuestStore(Protocol):
    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, Guest]: ...

    def save(self, guests: Sequence[Guest]) -> None: ...

    def merged_into(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Sequence[Guest]:
        """Those that were merged into one of these guests. Reads every guest of the provider."""
        ...

    def delete(self, hotel_id: HotelId, provider: str, external_ids: Collection[str]) -> int:
        """Removes the rows; returns how many."""
        ...


class AvailabilityStore(Protocol):
    def load(
        self, hotel_id: HotelId, provider: str, keys: Collection[tuple[str, date]]
    ) -> Mapping[tuple[str, date], AvailabilityCell]:
        """By (room type, day)."""
        ...

    def held_from(
        self, hotel_id: HotelId, provider: str, day: date
    ) -> Collection[tuple[str, date]]:
        """(room type, day) of every stored cell from this day on."""
        ...

    def save(self, cells: Sequence[AvailabilityCell]) -> None: ...


class RecordStore(Protocol):
    def save(
        self, hotel_id: HotelId, provider: str, records: HotelRecords, *, now: datetime
    ) -> int:
        """Writes the records that differ from the stored ones; returns how many."""
        ...
