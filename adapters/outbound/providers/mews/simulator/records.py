"""The neutral hotel in the vendor's terms: reservations (service orders), customers, order items.

Every record is a view: it computes its fields from the neutral hotel when they are read. Instants
are whole epoch seconds, amounts minor units of the hotel's currency.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha1
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from adapters.outbound.provider_kit.simulation.hotel.records import (
    RoomBlock,
    SimulatedGuest,
    SimulatedRoom,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.hotel.seeding import RELAY_DOMAIN
from adapters.outbound.providers.mews.simulator.hotel_time import to_optional_seconds, to_seconds

HOLDING_STATES: Final = frozenset({"Optional", "Confirmed", "Started", "Processed"})
ARRIVAL_MINUTE: Final = 15 * 60
DEPARTURE_MINUTE: Final = 12 * 60
DAY_USE_MINUTES: Final = (9 * 60, 17 * 60)
AGENCIES: Final = ("WANDERLUST", "GLOBAL")
_OPTION_STATES: Final = ("Optional", "Optional", "Inquired", "Requested")
_STATES: Final = {
    StayState.CONFIRMED: "Confirmed",
    StayState.CHECKED_IN: "Started",
    StayState.CHECKED_OUT: "Processed",
    StayState.CANCELED: "Canceled",
    StayState.NO_SHOW: "Canceled",
}
_CANCEL_REASONS: Final = ("RequestedByGuest", "BookedElsewhere", "InvalidPayment", "Other")


class MewsIds:
    """UUIDs of version 5, the same for the same hotel, kind and key."""

    def __init__(self, seed: int) -> None:
        namespace = uuid5(NAMESPACE_URL, f"simulated-mews:{seed}")
        self._namespace = sha1(namespace.bytes, usedforsecurity=False)
        self._id_of = lru_cache(maxsize=20_000)(self._calculate)

    def __call__(self, kind: str, *key: object) -> str:
        return self._id_of(":".join((kind, *map(str, key))))

    def _calculate(self, name: str) -> str:
        """As `str(uuid5(...))`, which takes five times as long: a page has thousands of ids."""
        digest = self._namespace.copy()
        digest.update(name.encode())
        text = digest.hexdigest()
        variant = "89ab"[int(text[16], 16) % 4]
        return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


class MewsReservation:
    """One room of a booking or, with `is_parking`, a parking space for the same days."""

    def __init__(
        self,
        hotel: SeededHotel,
        ids: MewsIds,
        stay: SimulatedRoomStay,
        number: int,
        *,
        is_parking: bool = False,
    ) -> None:
        booking = hotel.bookings[stay.booking_id]
        service = "parking" if is_parking else "stay"
        self._hotel = hotel
        self._ids = ids
        self.booking = booking
        self.stay = stay
        self.is_parking = is_parking
        self.index = number
        self.number = f"P{number}" if is_parking else str(10_000 + number)
        self.id = ids(service, stay.booking_id, stay.line)
        self.service_id = ids("service", service)
        self.category_id = ids("category", "PARKING" if is_parking else stay.room_type_id)
        self.rate_id = ids("rate", stay.rate_plan_id)
        self.group_id = ids("group", booking.group_id or booking.id)
        self.company_id = ids("company", booking.company_id) if booking.company_id else None

    @property
    def state(self) -> str:
        """An option may be an inquiry or a request of the waitlist, which hold no room."""
        if self.stay.deleted is not None:
            return "Canceled"
        return _STATES.get(self.stay.state) or _OPTION_STATES[self.index % 4]

    @property
    def holds_inventory(self) -> bool:
        return self.state in HOLDING_STATES

    @property
    def created(self) -> int:
        return to_seconds(self.stay.created)

    @property
    def updated(self) -> int:
        """A merge of its guest into another moves the account, and so the time stamp."""
        *merged, _ = self._hotel.merge_chain(self.stay.guest_id)
        return to_seconds(max([self.stay.updated, *(guest.updated for guest in merged)]))

    @property
    def start(self) -> int:
        return to_seconds(self._hotel.instant(self.stay.arrival, self._minutes[0]))

    @property
    def end(self) -> int:
        return to_seconds(self._hotel.instant(self.stay.departure, self._minutes[1]))

    @property
    def _minutes(self) -> tuple[int, int]:
        """Of arrival and departure."""
        day_use = self.stay.arrival == self.stay.departure
        return DAY_USE_MINUTES if day_use else (ARRIVAL_MINUTE, DEPARTURE_MINUTE)

    @property
    def actual_start(self) -> int | None:
        return to_optional_seconds(self.stay.arrived)

    @property
    def actual_end(self) -> int | None:
        is_over = self.stay.state is StayState.CHECKED_OUT
        return to_optional_seconds(self.stay.left) if is_over else None

    @property
    def canceled(self) -> int | None:
        stay = self.stay
        if self.state != "Canceled":
            return None
        return to_optional_seconds(stay.deleted or stay.no_show or stay.canceled)

    @property
    def cancellation_reason(self) -> str | None:
        if self.state != "Canceled":
            return None
        is_no_show = self.stay.state is StayState.NO_SHOW
        return "NoShow" if is_no_show else _CANCEL_REASONS[self.index % len(_CANCEL_REASONS)]

    @property
    def owner(self) -> SimulatedGuest:
        return self._hotel.surviving_guest(self.stay.guest_id)

    @property
    def account_id(self) -> str:
        return self.company_id or self._ids("customer", self.owner.id)

    @property
    def account_type(self) -> str:
        return "Company" if self.company_id else "Customer"

    @property
    def booker_id(self) -> str | None:
        booker_id = self._ids("customer", self.booking.booker_id)
        return None if booker_id == self.account_id else booker_id

    @property
    def agency_id(self) -> str | None:
        names = {"ota": AGENCIES[0], "agent": AGENCIES[1]}
        name = names.get(self.booking.channel)
        return self._ids("company", name) if name else None

    @property
    def shown_room_id(self) -> str | None:
        room = None if self.is_parking else self._hotel.assigned_room(self.stay)
        return self._ids("room", room.id) if room else None


@dataclass(frozen=True, slots=True)
class _PartOfReservation:
    id: str
    reservation: MewsReservation

    @property
    def created(self) -> int:
        return self.reservation.created

    @property
    def updated(self) -> int:
        return self.reservation.updated


@dataclass(frozen=True, slots=True)
class OrderItem(_PartOfReservation):
    """`canceled_at` None: it is canceled where its reservation is."""

    kind: str
    night: date
    gross: int
    canceled_at: int | None = None

    @property
    def updated(self) -> int:
        prices_updated = to_seconds(self.reservation.stay.prices_updated)
        return max(self.reservation.updated, prices_updated)

    @property
    def canceled(self) -> int | None:
        return self.canceled_at or self.reservation.canceled

    @property
    def is_canceled_with_reservation(self) -> bool:
        return self.canceled_at is None and self.canceled is not None


@dataclass(frozen=True, slots=True)
class MewsPayment(_PartOfReservation):
    """`gross`: negative for a payment, positive for a refund, as the vendor has it."""

    gross: int
    at: int
    state: str = "Charged"

    @property
    def created(self) -> int:
        return self.at

    @property
    def updated(self) -> int:
        return self.at


class MewsCustomer:
    def __init__(self, ids: MewsIds, guest: SimulatedGuest) -> None:
        self._ids = ids
        self.guest = guest
        self.id = ids("customer", guest.id)
        self.number = int(guest.id[1:])

    @property
    def created(self) -> int:
        return to_seconds(self.guest.created)

    @property
    def updated(self) -> int:
        return to_seconds(self.guest.updated)

    @property
    def has_ota_email(self) -> bool:
        return (self.guest.email or "").endswith(f"@{RELAY_DOMAIN}")

    @property
    def merge_target_id(self) -> str | None:
        merged_into = self.guest.merged_into
        return self._ids("customer", merged_into) if merged_into else None

    @property
    def activity_state(self) -> str:
        return "Deleted" if self.guest.merged_into else "Active"


@dataclass(frozen=True, slots=True)
class Companionship(_PartOfReservation):
    customer_id: str


@dataclass(frozen=True, slots=True)
class ReservationGroup:
    id: str
    name: str | None
    channel_manager: str | None
    channel_manager_number: str | None
    created: int
    updated: int


@dataclass(frozen=True, slots=True)
class Resource:
    id: str
    room: SimulatedRoom
    created: int

    @property
    def updated(self) -> int:
        return max(self.created, to_seconds(self.room.updated))


@dataclass(frozen=True, slots=True)
class ResourceBlock:
    id: str
    block: RoomBlock
    room_id: str
    start: int
    end: int

    @property
    def created(self) -> int:
        return to_seconds(self.block.created)

    @property
    def updated(self) -> int:
        return to_seconds(self.block.updated)

    @property
    def deleted(self) -> int | None:
        return self.updated if self.block.is_lifted else None
