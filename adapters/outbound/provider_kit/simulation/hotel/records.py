"""Records of the vendor-neutral hotel. Instants are ticks of 100 ns since 1970, UTC: each vendor's
renderer cuts them to its own resolution. Amounts are minor units of the hotel's currency."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ports.renamed import accepts_old_fields

TICKS: Final = 10_000_000
"""Per second."""


def days_between(first: date, end: date) -> list[date]:
    """`end` is not included."""
    return [first + timedelta(days=offset) for offset in range((end - first).days)]


class StayState(StrEnum):
    OPTION = "option"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked-in"
    CHECKED_OUT = "checked-out"
    CANCELED = "canceled"
    NO_SHOW = "no-show"


HOLDING: Final = frozenset(
    {StayState.OPTION, StayState.CONFIRMED, StayState.CHECKED_IN, StayState.CHECKED_OUT}
)


class HotelEventType(StrEnum):
    CREATED = "created"
    AMENDED = "amended"
    """Other days, or another price."""
    CHANGED = "changed"
    CHECKED_IN = "checked-in"
    CHECK_IN_REVERTED = "check-in-reverted"
    CHECKED_OUT = "checked-out"
    CANCELED = "canceled"
    REINSTATED = "reinstated"
    NO_SHOW = "no-show"
    DELETED = "deleted"
    ROOM_ASSIGNED = "room-assigned"
    ROOM_UNASSIGNED = "room-unassigned"
    PAID = "paid"
    GUEST_CHANGED = "guest-changed"
    GUEST_MERGED = "guest-merged"
    ROOM_CLEANED = "room-cleaned"
    BLOCK_LIFTED = "block-lifted"


ROOM_EVENTS: Final = frozenset({HotelEventType.ROOM_CLEANED, HotelEventType.BLOCK_LIFTED})
"""Events whose subject is a room or a block, not a booking or a guest."""


@accepts_old_fields(what="type")
@dataclass(frozen=True, slots=True)
class HotelEvent:
    """`subject`: the id of the booking, guest or room; `line`: which room of the booking."""

    type: HotelEventType
    subject: str
    at: int
    line: int = 0


@dataclass(frozen=True, slots=True)
class SimulatedRoomType:
    id: str
    name: str
    sleeps: int
    price: int


@dataclass(frozen=True, slots=True)
class RatePlan:
    """`percent` of the room type's price."""

    id: str
    name: str
    percent: int


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    name: str


@dataclass(slots=True, eq=False)
class SimulatedRoom:
    """`taken`: ordinals of the nights that are sold or blocked."""

    id: str
    number: str
    floor: str
    room_type_id: str
    is_clean: bool = True
    updated: int = 0
    taken: set[int] = field(default_factory=set)


@dataclass(slots=True, eq=False, kw_only=True)
class RoomBlock:
    """A room that is not for sale on the nights [first_night, end_day)."""

    id: str
    room_id: str
    is_internal_use: bool
    """Used by the hotel itself; else out of order."""
    first_night: date
    end_day: date
    created: int
    updated: int
    is_lifted: bool = False

    @property
    def nights(self) -> list[date]:
        return days_between(self.first_night, self.end_day)


@dataclass(frozen=True, slots=True)
class CanceledNight:
    """A night that an amendment took off a stay."""

    night: date
    price: int
    at: int


@dataclass(frozen=True, slots=True)
class StayPayment:
    """Minor units; negative for a refund."""

    amount: int
    at: int


@dataclass(slots=True, eq=False, kw_only=True)
class SimulatedGuest:
    id: str
    first_name: str | None
    last_name: str
    email: str | None
    phone: str | None
    country: str
    language: str
    created: int
    updated: int
    is_vip: bool = False
    merged_into: str | None = None
    notes: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class SimulatedRoomStay:
    """One room of a booking; `line` counts from 1. `room_id` is the room kept for it, visible only
    when `is_assigned`. `child_ages` in years."""

    booking_id: str
    line: int
    room_type_id: str
    rate_plan_id: str
    arrival: date
    departure: date
    state: StayState
    adults: int
    child_ages: tuple[int, ...]
    guest_id: str
    companion_ids: tuple[str, ...]
    night_prices: list[int]
    created: int
    updated: int
    room_id: str | None = None
    is_assigned: bool = False
    arrived: int | None = None
    left: int | None = None
    canceled: int | None = None
    no_show: int | None = None
    deleted: int | None = None
    payments: list[StayPayment] = field(default_factory=list)
    prices_updated: int = 0
    """The last change of the prices alone, without a new stamp of the stay."""
    canceled_nights: list[CanceledNight] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Unique in the hotel: the booking's id and the line."""
        return f"{self.booking_id}-{self.line}"

    @property
    def holds_inventory(self) -> bool:
        return self.state in HOLDING and self.deleted is None

    @property
    def nights(self) -> list[date]:
        """A day-use stay has its day."""
        return days_between(self.arrival, self.departure) or [self.arrival]

    @property
    def priced_nights(self) -> list[tuple[date, int]]:
        return list(zip(self.nights, self.night_prices, strict=True))

    @property
    def total(self) -> int:
        return sum(self.night_prices)

    @property
    def paid(self) -> int:
        return sum(payment.amount for payment in self.payments)

    @property
    def last_paid(self) -> int:
        """0 without a payment. The stay's own stamp is not moved by payments."""
        return max((payment.at for payment in self.payments), default=0)

    def settle(self, at: int) -> None:
        """Pays what is owed."""
        if owed := self.total - self.paid:
            self.payments.append(StayPayment(owed, at))

    @property
    def guest_ids(self) -> tuple[str, ...]:
        """Its own guest, then the companions."""
        return self.guest_id, *self.companion_ids


@dataclass(slots=True, eq=False, kw_only=True)
class SimulatedBooking:
    """`channel`: direct, walk-in, ota, agent or corporate."""

    id: str
    channel: str
    booker_id: str
    created: int
    updated: int
    stays: list[SimulatedRoomStay] = field(default_factory=list)
    group_id: str | None = None
    company_id: str | None = None
    external_code: str | None = None
    comment: str | None = None
    guest_comment: str | None = None

    @property
    def remaining_stays(self) -> list[SimulatedRoomStay]:
        """Those that are not deleted; all of a deleted booking."""
        return [stay for stay in self.stays if stay.deleted is None] or self.stays

    @property
    def is_deleted(self) -> bool:
        return all(stay.deleted is not None for stay in self.stays)
