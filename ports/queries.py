"""Read side: filters and keyset pages, without locks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.guest import Guest
from domain.messages import InboxItem
from domain.snapshots import HotelRecords
from domain.status import BookingStatus
from domain.sync_run import SyncRun
from domain.values import DateRange, HotelId
from ports.bookings import StatusChange

R = TypeVar("R")
Keyset: TypeAlias = tuple[str, str]
"""A row's place in the order of a query: its sort key and its id."""


@dataclass(frozen=True, slots=True)
class Slice(Generic[R]):
    """`rows` in order. `more`: whether further rows follow. `positions[i]`: the keyset position of
    `rows[i]`, to pass as `after`."""

    rows: Sequence[R]
    positions: Sequence[Keyset]
    more: bool


class BookingOrder(StrEnum):
    """The booking's id breaks ties."""

    ARRIVAL_ASC = "ARRIVAL_ASC"
    ARRIVAL_DESC = "ARRIVAL_DESC"
    UPDATED_ASC = "UPDATED_ASC"
    UPDATED_DESC = "UPDATED_DESC"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFilter:
    """Conditions are joined by AND; None does not filter. `stay`: overlaps the booking's
    `stay.dates`. `guest_email`: case-insensitive, matches the booking's own contact details or
    its guest's."""

    hotel_id: HotelId
    provider: str | None = None
    statuses: frozenset[BookingStatus] = frozenset()
    arrival: date | None = None
    departure: date | None = None
    stay: DateRange | None = None
    updated_since: datetime | None = None
    """By `synced_at`: when our copy changed."""
    guest_email: str | None = None
    confirmation_number: str | None = None
    include_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityFilter:
    """`start` included, `end` excluded."""

    hotel_id: HotelId
    start: date
    end: date
    provider: str | None = None
    room_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFilter:
    hotel_id: HotelId
    provider: str | None = None
    email: str | None = None
    external_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFilter:
    """`code`: of the reason. `after`: the id of the last item of the page before."""

    hotel_id: HotelId
    provider: str | None = None
    code: str | None = None
    after: UUID | None = None


class Queries(Protocol):
    """`limit` is at least 1. `after`: a position of an earlier slice with the same filter and
    order; concurrent writes do not move unchanged rows."""

    def bookings(
        self, wanted: BookingFilter, *, order: BookingOrder, limit: int, after: Keyset | None = None
    ) -> Slice[Booking]: ...

    def booking(self, hotel_id: HotelId, provider: str, external_id: str) -> Booking | None: ...

    def count_bookings(self, hotel_id: HotelId) -> int: ...

    def status_history(
        self, hotel_id: HotelId, booking_ids: Collection[UUID]
    ) -> Mapping[UUID, Sequence[StatusChange]]:
        """Oldest first."""
        ...

    def guests(
        self, wanted: GuestFilter, *, limit: int, after: Keyset | None = None
    ) -> Slice[Guest]:
        """By id."""
        ...

    def availability(self, wanted: AvailabilityFilter, *, limit: int) -> Sequence[AvailabilityCell]:
        """By day, then provider, then room type."""
        ...

    def records(self, hotel_id: HotelId) -> Mapping[str, HotelRecords]:
        """By provider."""
        ...

    def sync_runs(
        self, hotel_id: HotelId, *, limit: int, offset: int = 0, provider: str | None = None
    ) -> tuple[Sequence[SyncRun], int]:
        """Newest first, and the total number."""
        ...

    def sync_run(self, hotel_id: HotelId, run_id: UUID) -> SyncRun | None: ...

    def quarantine(self, wanted: QuarantineFilter, *, limit: int) -> Sequence[InboxItem]:
        """Of all kinds, oldest first, with their bodies."""
        ...

    def backlog(self) -> Mapping[str, int]:
        """Waiting rows of all hotels: `outbox`, `inbox`, `quarantine`, `postponed`."""
        ...

    def ping(self) -> None:
        """Raises StoreUnavailable if the database does not answer or its schema is out of date."""
        ...
