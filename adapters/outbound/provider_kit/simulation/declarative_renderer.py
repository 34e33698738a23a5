"""What the author of a declared vendor's simulator writes: how records of the neutral hotel are
rendered. Paths, paging, filters, credentials and signatures follow from the vendor's declaration.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    SimulatedBooking,
    SimulatedGuest,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from domain.currencies import EXPONENTS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedStay:
    """One room of a booking, as a reservation of its own; all rooms of a booking share
    `booking_id`. `room_number` is set only where a room is assigned. Instants are UTC, amounts in
    major units."""

    id: str
    booking_id: str
    state: StayState
    channel: str
    arrival: date
    departure: date
    room_type_id: str
    rate_plan_id: str
    room_number: str | None
    adults: int
    child_ages: tuple[int, ...]
    guest: SimulatedGuest
    companions: tuple[SimulatedGuest, ...]
    nights: tuple[tuple[date, Decimal], ...]
    total: Decimal
    paid: Decimal
    currency: str
    created: datetime
    modified: datetime
    arrived: datetime | None
    left: datetime | None
    canceled: datetime | None
    comment: str | None
    guest_comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCell:
    """One room type on one day; `price` is the lowest."""

    room_type_id: str
    day: date
    total: int
    sold: int
    price: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedEvent:
    """`what`: created, changed, deleted, or an event type that the adapter cannot know."""

    what: str
    stay_id: str
    hotel_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorRenderer:
    """`state`: the key of a reservation's state; `needed`: keys that the adapter needs, of which a
    fault corrupts the first that an item has. `records`: in the order of the vendor's. `settings`:
    what a connection needs besides the address and the secrets. `reports_paid`, `reports_balance`:
    whether its bookings have that amount."""

    account: Callable[[SeededHotel], JsonObject]
    booking: Callable[[SimulatedStay], JsonObject]
    state: str
    needed: tuple[str, ...]
    cell: Callable[[SimulatedCell], JsonObject] | None = None
    records: tuple[Callable[[SeededHotel], Sequence[JsonObject]], ...] = ()
    message: Callable[[SimulatedEvent], JsonObject] | None = None
    settings: Callable[[SeededHotel], Mapping[str, str]] = lambda _: {}
    reports_paid: bool = False
    reports_balance: bool = False


def instant_from_ticks(ticks: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ticks * 1_000_000 // TICKS)


class StayViews:
    """Renders each stay in its present state. Hold the hotel's lock."""

    def __init__(self, hotel: SeededHotel) -> None:
        self._hotel = hotel

    def of(self, stay: SimulatedRoomStay) -> SimulatedStay:
        hotel = self._hotel
        booking: SimulatedBooking = hotel.bookings[stay.booking_id]
        room = hotel.assigned_room(stay)
        return SimulatedStay(
            id=stay.id,
            booking_id=stay.booking_id,
            state=stay.state,
            channel=booking.channel,
            arrival=stay.arrival,
            departure=stay.departure,
            room_type_id=stay.room_type_id,
            rate_plan_id=stay.rate_plan_id,
            room_number=room.number if room else None,
            adults=stay.adults,
            child_ages=stay.child_ages,
            guest=hotel.surviving_guest(stay.guest_id),
            companions=tuple(map(hotel.surviving_guest, stay.companion_ids)),
            nights=tuple((night, self.major(price)) for night, price in stay.priced_nights),
            total=self.major(stay.total),
            paid=self.major(stay.paid),
            currency=hotel.currency,
            created=instant_from_ticks(stay.created),
            modified=instant_from_ticks(hotel.last_change_or_payment(stay)),
            arrived=_optional(stay.arrived),
            left=_optional(stay.left),
            canceled=_optional(stay.canceled),
            comment=booking.comment,
            guest_comment=booking.guest_comment,
        )

    def cells(self, first: date, last: date) -> Iterator[SimulatedCell]:
        hotel = self._hotel
        sold = hotel.sold(first, last + timedelta(days=1))
        for kind in hotel.room_types.values():
            total = len(hotel.rooms_of(kind.id))
            for offset in range((last - first).days + 1):
                day = first + timedelta(days=offset)
                yield SimulatedCell(
                    room_type_id=kind.id,
                    day=day,
                    total=total,
                    sold=sold[kind.id, day],
                    price=self.major(kind.price),
                    currency=hotel.currency,
                )

    def major(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-EXPONENTS[self._hotel.currency])

    def stays_of_guest(self, guest_id: str) -> Iterator[SimulatedRoomStay]:
        for stay in self._hotel.stays():
            if guest_id in stay.guest_ids:
                yield stay


def _optional(ticks: int | None) -> datetime | None:
    return None if ticks is None else instant_from_ticks(ticks)
