"""Read side: filters and keyset pages, without locks."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Flag, StrEnum, auto
from typing import Final, Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from domain.booking import Booking
from domain.guest import Guest
from domain.messages import ListedItem
from domain.snapshots import HotelRecords
from domain.status import BookingStatus
from domain.sync_run import SyncRun
from domain.values import DateRange, HotelId, Money, SourceVersion
from ports.bookings import StatusChange
from ports.messages import QuarantineFilter as QuarantineFilter

R = TypeVar("R")
MAX_COUNT: Final = 10_000
"""A number of stored rows is counted up to this; there may be more."""

Keyset: TypeAlias = tuple[str, str]
"""A row's place in the order of a query: its sort key and its id."""


@dataclass(frozen=True, slots=True)
class Slice(Generic[R]):
    """`rows` in order. `more`: whether further rows follow. `positions[i]`: the keyset position of
    `rows[i]`, to pass as `after`."""

    rows: Sequence[R]
    positions: Sequence[Keyset]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSize:
    """Of a stored booking or guest: the elements of its lists, over all its rooms, and the bytes of
    what is read with them."""

    external_id: str
    rooms: int = 0
    nightly_prices: int = 0
    occupancy: int = 0
    further_guests: int = 0
    extras: int = 0
    document_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsSize:
    """Of a hotel's records, over all providers. `text_bytes`: of descriptions and amenities, about
    as they are stored."""

    room_types: int
    rooms: int
    rate_plans: int
    text_bytes: int


class Part(Flag):
    """CONTENT: lists, texts, the parties of a booking and all of a guest. IDENTITY: the sealed
    identity documents of a guest; they are read with CONTENT only."""

    NONE = 0
    CONTENT = auto()
    IDENTITY = auto()


Inspect: TypeAlias = Callable[[Sequence[ContentSize]], Part]
"""Called once with the sizes of the rows found, before any content is read. Returns the parts to
read: the fields of others have no meaning then. Its errors end the query."""


def read_everything(_: Sequence[ContentSize]) -> Part:
    return Part.CONTENT | Part.IDENTITY


class BookingOrder(StrEnum):
    """The booking's id breaks ties."""

    ARRIVAL_ASC = "ARRIVAL_ASC"
    ARRIVAL_DESC = "ARRIVAL_DESC"
    UPDATED_ASC = "UPDATED_ASC"
    UPDATED_DESC = "UPDATED_DESC"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFilter:
    """Conditions are joined by AND; None does not filter. `stay`: overlaps the booking's
    `stay.dates`. `in_house_on`: the day is one of `stay.dates`, and the status one of
    IN_HOUSE_STATUSES. `guest_email`: case-insensitive, matches the booking's own contact details or
    its guest's."""

    hotel_id: HotelId
    provider: str | None = None
    statuses: frozenset[BookingStatus] = frozenset()
    arrival: date | None = None
    departure: date | None = None
    arrival_range: DateRange | None = None
    departure_range: DateRange | None = None
    stay: DateRange | None = None
    in_house_on: date | None = None
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


class CellValues(Protocol):
    """Those of domain.availability.CellDetails that are shown."""

    @property
    def total(self) -> int | None: ...

    @property
    def available(self) -> int | None: ...

    @property
    def occupied(self) -> int | None: ...

    @property
    def blocked(self) -> int | None: ...

    @property
    def lowest_rate(self) -> Money | None: ...

    @property
    def closed(self) -> bool | None: ...

    @property
    def closed_to_arrival(self) -> bool | None: ...

    @property
    def closed_to_departure(self) -> bool | None: ...

    @property
    def min_stay(self) -> int | None: ...

    @property
    def max_stay(self) -> int | None: ...


class ListedCell(Protocol):
    """What an answer shows of a domain.availability.AvailabilityCell."""

    @property
    def provider(self) -> str: ...

    @property
    def room_type_id(self) -> str: ...

    @property
    def day(self) -> date: ...

    @property
    def version(self) -> SourceVersion: ...

    @property
    def synced_at(self) -> datetime: ...

    @property
    def details(self) -> CellValues: ...


class Queries(Protocol):
    """`limit` is at least 1. `after`: a position of an earlier slice with the same filter and
    order; concurrent writes do not move unchanged rows."""

    def bookings(
        self,
        wanted: BookingFilter,
        *,
        order: BookingOrder,
        limit: int,
        after: Keyset | None = None,
        inspect: Inspect = read_everything,
    ) -> Slice[Booking]: ...

    def booking(
        self,
        hotel_id: HotelId,
        provider: str,
        external_id: str,
        *,
        inspect: Inspect = read_everything,
    ) -> Booking | None: ...

    def count_bookings(self, hotel_id: HotelId) -> int:
        """Up to MAX_COUNT."""
        ...

    def status_history(
        self, hotel_id: HotelId, booking_ids: Collection[UUID], *, limit: int | None = None
    ) -> Mapping[UUID, Sequence[StatusChange]]:
        """Oldest first; `limit`: of all changes together."""
        ...

    def guests(
        self,
        wanted: GuestFilter,
        *,
        limit: int,
        after: Keyset | None = None,
        inspect: Inspect = read_everything,
    ) -> Slice[Guest]:
        """By id."""
        ...

    def availability(self, wanted: AvailabilityFilter, *, limit: int) -> Sequence[ListedCell]:
        """By day, then provider, then room type."""
        ...

    def records(self, hotel_id: HotelId) -> Mapping[str, HotelRecords]:
        """By provider."""
        ...

    def count_records(self, hotel_id: HotelId) -> RecordsSize: ...

    def sync_runs(
        self,
        hotel_id: HotelId,
        *,
        limit: int,
        after: Keyset | None = None,
        provider: str | None = None,
    ) -> Slice[SyncRun]:
        """Newest first."""
        ...

    def sync_run(self, hotel_id: HotelId, run_id: UUID) -> SyncRun | None: ...

    def quarantine(self, wanted: QuarantineFilter, *, limit: int) -> Sequence[ListedItem]:
        """Of all kinds, oldest first. Checks whether the bodies can be opened, unless they are very
        large; one that can't be is listed as such."""
        ...

    def batch(self, hotel_id: HotelId, batch_id: UUID) -> Sequence[ListedItem]:
        """By position. Reads no bodies."""
        ...

    def backlog(self) -> Mapping[str, int]:
        """Waiting rows of all hotels: `outbox`, `inbox`, `quarantine`, `postponed`."""
        ...

    def ping(self) -> None:
        """Writes a row. Raises StoreUnavailable if the database does not answer, takes no
        writes, or its schema is out of date."""
        ...
