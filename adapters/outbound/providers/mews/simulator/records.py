"""What the simulated hotel holds: one slotted record per thing, instants as epoch seconds.

Compact on purpose: the vendor's JSON is made on demand (simulated_json.py), so that 100,000
bookings with their guests and order items stay well under 2 GB.
"""

import random
from dataclasses import dataclass
from datetime import date

from adapters.outbound.providers.mews.simulator.hotel_time import HotelCalendar

HOLDING_STATES = frozenset({"Optional", "Confirmed", "Started", "Processed"})


class SeededIds:
    """UUIDs of version 4 in form, drawn from a seeded generator."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def __call__(self) -> str:
        text = f"{self._source.getrandbits(128):032x}"
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


@dataclass(slots=True, eq=False, kw_only=True)
class SimulatedEntry:
    """Configuration that hardly changes (services, rates, categories): its JSON as it is."""

    id: str
    created: int
    updated: int
    body: dict[str, object]
    parent_id: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Room:
    id: str
    assignment_id: str
    category_id: str
    service_id: str
    name: str
    floor: str
    created: int
    updated: int
    state: str = "Clean"


@dataclass(slots=True, eq=False, kw_only=True)
class Block:
    """A room out of order or in internal use, for whole nights."""

    id: str
    room_id: str
    kind: str
    first_night: date
    end_day: date
    start: int
    end: int
    created: int
    updated: int
    deleted: int | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Customer:
    id: str
    number: int
    first_name: str | None
    last_name: str
    email: str | None
    has_ota_email: bool
    phone: str | None
    country: str
    language: str
    created: int
    updated: int
    sex: str | None = None
    birth_year: int | None = None
    loyalty_code: str | None = None
    classifications: tuple[str, ...] = ()
    company_id: str | None = None
    address_id: str | None = None
    merge_target_id: str | None = None
    is_active: bool = True
    notes: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Group:
    id: str
    name: str | None
    channel_manager: str | None
    channel_manager_number: str | None
    created: int
    updated: int


@dataclass(slots=True, eq=False, kw_only=True)
class Companionship:
    id: str
    customer_id: str
    group_id: str
    reservation_id: str
    created: int
    updated: int


@dataclass(slots=True, eq=False, kw_only=True)
class Reservation:
    """`room_id` is the room that is physically kept; the API shows it only when `assigned`."""

    id: str
    service_id: str
    group_id: str
    account_id: str
    account_type: str
    number: str
    state: str
    origin: str
    rate_id: str
    category_id: str
    arrival: date
    departure: date
    start: int
    end: int
    created: int
    updated: int
    adults: int
    children: int = 0
    room_id: str | None = None
    assigned: bool = False
    locked: bool = False
    booker_id: str | None = None
    commander_origin: str | None = None
    origin_details: str | None = None
    company_id: str | None = None
    agency_id: str | None = None
    channel_number: str | None = None
    channel_manager_number: str | None = None
    purpose: str | None = None
    canceled: int | None = None
    cancellation_reason: str | None = None
    released: int | None = None
    actual_start: int | None = None
    actual_end: int | None = None
    state_before_cancel: str | None = None

    @property
    def holds_inventory(self) -> bool:
        return self.state in HOLDING_STATES

    @property
    def nights(self) -> int:
        return (self.departure - self.arrival).days


@dataclass(slots=True, eq=False, kw_only=True)
class OrderItem:
    """`gross` is in minor units of the hotel's currency."""

    id: str
    reservation: Reservation
    kind: str
    night: date
    gross: int
    created: int
    updated: int
    canceled: int | None = None
    closed: int | None = None
    with_reservation: bool = False


def stay_instants(
    calendar: HotelCalendar, arrival: date, departure: date, minutes: tuple[int, int]
) -> tuple[int, int]:
    return calendar.instant(arrival, minutes[0]), calendar.instant(departure, minutes[1])
