"""Snapshots: the state of an entity as received from a provider, not yet applied.

An optional field is ABSENT if the provider did not send it (ours stays) and None if it sent an
explicit null (ours is cleared). A tuple replaces ours completely: a provider that sends rooms sends
all of them.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Final, TypeAlias

from domain.errors import InvalidField
from domain.status import BookingStatus
from domain.values import (
    ABSENT,
    AgeCount,
    Field,
    Money,
    NightlyPrice,
    SourceVersion,
    Stay,
    require_utc,
)

Extras: TypeAlias = tuple[tuple[str, str], ...]
"""Source fields without a target field: (path, JSON text), sorted by path."""

MAX_ID = 200
_MASKED_INTEGER: Final = re.compile(r"9{8,15}[0-9]{4}")
"""As the card mask leaves a number; a text has **** instead of digits."""
_LAST_DIGITS: Final = re.compile(r"[0-9]{4}")

MAX_CELLS = 100_000
"""Per availability set: a hundred room types for nearly three years."""


class BookingSource(StrEnum):
    DIRECT = "DIRECT"
    OTA = "OTA"
    WALK_IN = "WALK_IN"
    CORPORATE = "CORPORATE"
    AGENT = "AGENT"
    OTHER = "OTHER"


class PartyRole(StrEnum):
    """PRIMARY stays and pays, COMPANION stays, BOOKER booked, OWNER is a company account."""

    PRIMARY = "PRIMARY"
    COMPANION = "COMPANION"
    BOOKER = "BOOKER"
    OWNER = "OWNER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person or company on a booking, with the contact details that the booking carries."""

    guest_id: str | None = None
    role: PartyRole = PartyRole.PRIMARY
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomStay:
    """One room (or `units` equal rooms) of a booking.

    In a snapshot, `stay` and `status` are None where they are the booking's. Of a stored booking
    they are always set: see domain/room_stays.py.
    """

    line_id: str | None = None
    room_type_id: str | None = None
    room_id: str | None = None
    rate_plan_id: str | None = None
    stay: Stay | None = None
    status: BookingStatus | None = None
    occupancy: tuple[AgeCount, ...] = ()
    nightly_prices: tuple[NightlyPrice, ...] = ()
    total: Money | None = None
    """Of all units."""
    units: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.units <= 999:
            raise InvalidField("units", "send 1 to 999 rooms", code="bad_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingSnapshot:
    external_id: str
    version: SourceVersion
    deleted: bool = False
    """True: deleted at the provider."""
    status: Field[BookingStatus] = ABSENT
    holds_inventory: Field[bool] = ABSENT
    confirmation_number: Field[str | None] = ABSENT
    group_id: Field[str | None] = ABSENT
    share_id: Field[str | None] = ABSENT
    """Bookings with the same value share one room, which is sold once."""
    source: Field[BookingSource] = ABSENT
    stay: Field[Stay] = ABSENT
    rooms: Field[tuple[RoomStay, ...]] = ABSENT
    primary_guest: Field[Party | None] = ABSENT
    further_guests: Field[tuple[Party, ...]] = ABSENT
    total: Field[Money | None] = ABSENT
    paid: Field[Money | None] = ABSENT
    balance: Field[Money | None] = ABSENT
    special_requests: Field[str | None] = ABSENT
    notes: Field[str | None] = ABSENT
    checked_in_at: Field[datetime | None] = ABSENT
    checked_out_at: Field[datetime | None] = ABSENT
    canceled_at: Field[datetime | None] = ABSENT
    cancel_reason: Field[str | None] = ABSENT
    extras: Field[Extras] = ABSENT

    def __post_init__(self) -> None:
        require_id(self.external_id, "external_id")
        _reject_masked(self, ("confirmation_number", "group_id", "share_id"), "")
        self._reject_masked_references()
        for name in ("checked_in_at", "checked_out_at", "canceled_at"):
            instant: Field[datetime | None] = getattr(self, name)
            if isinstance(instant, datetime):
                require_utc(instant, name)
        if self.rooms is not ABSENT and not self.rooms:
            raise InvalidField("rooms", "send at least one room, or leave the field out")

    def _reject_masked_references(self) -> None:
        rooms = self.rooms if isinstance(self.rooms, tuple) else ()
        for n, room in enumerate(rooms):
            _reject_masked(room, ("room_type_id", "room_id", "rate_plan_id"), f"rooms[{n}].")
        if isinstance(self.primary_guest, Party):
            _reject_masked(self.primary_guest, ("guest_id",), "primary_guest.")
        others = self.further_guests if isinstance(self.further_guests, tuple) else ()
        for n, guest in enumerate(others):
            _reject_masked(guest, ("guest_id",), f"further_guests[{n}].")

    @property
    def can_create_booking(self) -> bool:
        """Whether it has the fields without which a booking cannot be stored."""
        return self.status is not ABSENT and self.stay is not ABSENT

    def departs_before(self, day: date | None) -> bool:
        """False if it has no stay, or there is no such day."""
        return day is not None and self.stay is not ABSENT and self.stay.departure < day


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSnapshot:
    external_id: str
    version: SourceVersion
    deleted: bool = False
    title: Field[str | None] = ABSENT
    first_name: Field[str | None] = ABSENT
    last_name: Field[str | None] = ABSENT
    email: Field[str | None] = ABSENT
    phone: Field[str | None] = ABSENT
    address: Field[str | None] = ABSENT
    """Street lines, joined by a line feed."""
    city: Field[str | None] = ABSENT
    region: Field[str | None] = ABSENT
    postal_code: Field[str | None] = ABSENT
    country: Field[str | None] = ABSENT
    nationality: Field[str | None] = ABSENT
    birth_date: Field[date | None] = ABSENT
    language: Field[str | None] = ABSENT
    vip: Field[bool | None] = ABSENT
    loyalty_number: Field[str | None] = ABSENT
    loyalty_tier: Field[str | None] = ABSENT
    loyalty_points: Field[int | None] = ABSENT
    id_document_type: Field[str | None] = ABSENT
    id_document_number: Field[str | None] = ABSENT
    further_id_documents: Field[str | None] = ABSENT
    """Of a guest with several: type and number of each other one, a line each."""
    preferences: Field[str | None] = ABSENT
    notes: Field[str | None] = ABSENT
    email_opt_in: Field[bool | None] = ABSENT
    sms_opt_in: Field[bool | None] = ABSENT
    total_stays: Field[int | None] = ABSENT
    total_spent: Field[Money | None] = ABSENT
    last_stay_on: Field[date | None] = ABSENT
    merged_into: Field[str | None] = ABSENT
    """External id of the guest that this one was merged into."""
    extras: Field[Extras] = ABSENT

    def __post_init__(self) -> None:
        require_id(self.external_id, "external_id")
        _reject_masked(self, ("merged_into",), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomCount:
    """One room on one date, 0 or 1, of a provider that counts room by room."""

    room_id: str
    available: int = 0
    blocked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilitySnapshot:
    """One room type on one local hotel date. Counts are rooms; negative means overbooked. At least
    one count, rate or restriction is set."""

    room_type_id: str
    day: date
    version: SourceVersion
    version_is_ours: bool = False
    """The provider sends no version of its own: ours is the instant of the pull."""
    total: Field[int | None] = ABSENT
    available: Field[int | None] = ABSENT
    occupied: Field[int | None] = ABSENT
    blocked: Field[int | None] = ABSENT
    lowest_rate: Field[Money | None] = ABSENT
    closed: Field[bool | None] = ABSENT
    closed_to_arrival: Field[bool | None] = ABSENT
    closed_to_departure: Field[bool | None] = ABSENT
    min_stay: Field[int | None] = ABSENT
    max_stay: Field[int | None] = ABSENT
    counted_rooms: Field[tuple[RoomCount, ...]] = ABSENT
    """Of a provider that counts room by room: `available` and `blocked` are the sums of these and
    of the stored rooms that are not among them (unless `rooms_are_all`)."""
    rooms_are_all: bool = False

    def __post_init__(self) -> None:
        require_id(self.room_type_id, "room_type_id")
        for name in ("total", "available", "occupied", "blocked", "min_stay", "max_stay"):
            number: Field[int | None] = getattr(self, name)
            if isinstance(number, int) and not -100_000 <= number <= 100_000:
                raise InvalidField(name, "send a number of rooms or nights", code="bad_count")
        if self.available is ABSENT and all(v is ABSENT for v in _cell_content(self)):
            fix = "send a number of rooms, a rate or a restriction"
            raise InvalidField("available", fix, code="missing_field")

    @property
    def external_id(self) -> str:
        return f"{self.room_type_id}/{self.day.isoformat()}"


_cell_content = attrgetter(
    *("available", "total", "occupied", "blocked", "lowest_rate", "closed", "closed_to_arrival"),
    *("closed_to_departure", "min_stay", "max_stay", "counted_rooms"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilitySet:
    """The cells of one message under its one version; other cells are unaffected.

    With `complete_from` the set is complete from that day on: other cells have nothing to sell,
    and on `closed_days` the hotel is closed.
    """

    version: SourceVersion
    version_is_ours: bool = False
    cells: tuple[AvailabilitySnapshot, ...]
    complete_from: date | None = None
    closed_days: frozenset[date] = frozenset()

    @property
    def external_id(self) -> str:
        return "availability"

    def completed(self, held: Collection[tuple[str, date]]) -> "AvailabilitySet":
        """Adds an empty cell for each (room type, day) of `held` that a complete set does not
        contain, and for each closed day of every room type. Raises InvalidField for more than
        MAX_CELLS."""
        if self.complete_from is None:
            return self
        named = {(cell.room_type_id, cell.day) for cell in self.cells}
        room_types = {room_type for room_type, _ in (*named, *held)}
        if len(room_types) * len(self.closed_days) + len(held) > MAX_CELLS:
            raise InvalidField("closed_days", "send fewer closed days", code="too_many")
        unnamed = {(room_type, day) for room_type in room_types for day in self.closed_days}
        unnamed.update(held)
        empty = [key for key in sorted(unnamed - named) if key[1] >= self.complete_from]
        return replace(self, cells=self.cells + tuple(self._empty_cell(*key) for key in empty))

    def _empty_cell(self, room_type_id: str, day: date) -> AvailabilitySnapshot:
        return AvailabilitySnapshot(
            room_type_id=room_type_id,
            day=day,
            version=self.version,
            version_is_ours=self.version_is_ours,
            available=0,
            closed=day in self.closed_days,
        )


Snapshot: TypeAlias = BookingSnapshot | GuestSnapshot | AvailabilitySnapshot | AvailabilitySet


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomTypeRecord:
    external_id: str
    name: str
    description: str | None = None
    base_price: Money | None = None
    max_occupancy: int | None = None
    amenities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRecord:
    """`status`: the housekeeping status as the provider names it."""

    external_id: str
    number: str
    floor: str | None = None
    room_type_id: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePlanRecord:
    external_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HotelRecords:
    """Records that bookings refer to; each replaces ours completely."""

    room_types: Sequence[RoomTypeRecord] = field(default=())
    rooms: Sequence[RoomRecord] = field(default=())
    rate_plans: Sequence[RatePlanRecord] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.room_types or self.rooms or self.rate_plans)


def require_id(value: str, path: str) -> None:
    """Raises InvalidField (bad_id), also for an id that was masked as a card number: two masked ids
    may be equal."""
    if "****" in value or _is_masked_integer(value):
        raise _masked(path)
    if not value or len(value) > MAX_ID or value != value.strip() or not value.isprintable():
        fix = f"send 1 to {MAX_ID} printable characters without space at the ends"
        raise InvalidField(path, fix, code="bad_id")


def _reject_masked(owner: object, names: Sequence[str], path: str) -> None:
    """For references and numbers, by which two bookings could meet. Raises InvalidField."""
    for name in names:
        value = getattr(owner, name)
        if isinstance(value, str) and _is_masked_number(value):
            raise _masked(f"{path}{name}")


def _is_masked_number(value: str) -> bool:
    """A mask without the last digits is the provider's own, which hides the value from us."""
    if "****" in value:
        return _LAST_DIGITS.search(value.rpartition("****")[2]) is not None
    return _is_masked_integer(value)


def _is_masked_integer(value: str) -> bool:
    return value.startswith("99999999") and _MASKED_INTEGER.fullmatch(value) is not None


def _masked(path: str) -> InvalidField:
    fix = "send an id that does not look like a card number, or declare its field as one of ids"
    return InvalidField(path, fix, code="bad_id")
