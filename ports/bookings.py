"""The stores of what providers say. Keys are (hotel, provider, external id), always hotel first.

`save` guards every row by its revision: revision 1 inserts, n overwrites only n - 1, inside the
statement. Any row that was changed in between makes it raise ConcurrentChange, and the unit of work
must be given up; nothing of it may be committed.
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
from domain.values import ConnectionId, DateRange, HotelId, SourceVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A row of the status history; `reference` is the inbox row or sync run that brought it."""

    id: UUID
    hotel_id: HotelId
    booking_id: UUID
    transition: StatusTransition
    version: SourceVersion
    reference: str
    at: datetime


class Bookings(Protocol):
    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, Booking]:
        """By external id; unknown ones are left out."""
        ...

    def save(self, bookings: Sequence[Booking]) -> None: ...

    def record(self, changes: Sequence[StatusChange]) -> None: ...

    def ids_overlapping(
        self, hotel_id: HotelId, connection_id: ConnectionId, window: DateRange
    ) -> Sequence[str]:
        """External ids of this connection's bookings whose `stay.dates` overlap the window, without
        those deleted at the source."""
        ...


class Guests(Protocol):
    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, Guest]: ...

    def save(self, guests: Sequence[Guest]) -> None: ...


class Availability(Protocol):
    def load(
        self, hotel_id: HotelId, provider: str, keys: Collection[tuple[str, date]]
    ) -> Mapping[tuple[str, date], AvailabilityCell]:
        """By (room type, day)."""
        ...

    def held_from(
        self, hotel_id: HotelId, provider: str, day: date
    ) -> Collection[tuple[str, date]]:
        """(room type, day) of every cell of this day and later."""
        ...

    def save(self, cells: Sequence[AvailabilityCell]) -> None: ...


class Records(Protocol):
    def save(
        self, hotel_id: HotelId, provider: str, records: HotelRecords, *, now: datetime
    ) -> int:
        """Room types, rooms and rate plans; writes only what differs; how many that were."""
        ...
