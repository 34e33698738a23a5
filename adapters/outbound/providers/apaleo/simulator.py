"""An Apaleo that can be run on this machine: its APIs and its identity server on one port.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Unpack

import orjson

from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife
from adapters.outbound.provider_kit.simulation.hotel_records import (
    TICKS,
    Happened,
    HotelEvent,
    StayState,
)
from adapters.outbound.provider_kit.simulation.neutral_simulator import NeutralSimulator, life_of
from adapters.outbound.provider_kit.simulation.options import (
    Conditions,
    SimulatorOptions,
    conditions_of,
)
from adapters.outbound.provider_kit.simulation.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.stage import (
    STATUSES,
    Act,
    TrueBooking,
    VendorMessage,
)
from domain.status import BookingStatus
from domain.values import Money

from .capabilities import PAGE_SIZE
from .simulator_api import RESERVATIONS_PATH, TOKEN_PATH, ApaleoApi, Clients

_TYPES: Final = {
    Happened.CREATED: "created",
    Happened.AMENDED: "amended",
    Happened.CHANGED: "changed",
    Happened.CHECKED_IN: "checked-in",
    Happened.CHECK_IN_REVERTED: "check-in-reverted",
    Happened.CHECKED_OUT: "checked-out",
    Happened.CANCELED: "canceled",
    Happened.REINSTATED: "changed",
    Happened.NO_SHOW: "set-to-no-show",
    Happened.DELETED: "deleted",
    Happened.ROOM_ASSIGNED: "unit-assigned",
    Happened.ROOM_UNASSIGNED: "unit-unassigned",
}


# This vendor knows no option: what is not paid for yet is confirmed.
_TRUE_STATUSES: Final = {**STATUSES, StayState.OPTION: BookingStatus.CONFIRMED}


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook: each names one thing."""

    topic: str
    type: str
    entity_id: str
    at: int


def start_simulator(options: SimulatorOptions) -> "ApaleoSimulator":
    """A running simulator; the caller stops it."""
    simulator = ApaleoSimulator(life_of(options), **conditions_of(options))
    simulator.begin(options)
    return simulator


class ApaleoSimulator(NeutralSimulator[Event]):
    """One property of one account behind one port. `api` answers."""

    def __init__(
        self, life: HotelLife, *, clients: Clients | None = None, **conditions: Unpack[Conditions]
    ) -> None:
        self.clients = clients or Clients.of(life.hotel.seed)
        super().__init__(life, tell=self._told, compose=self._webhook, **conditions)
        self.api = ApaleoApi(life, self.clients, self.tokens, self.gate)
        self.serve(self.api.answer)

    @property
    def page_size(self) -> int:
        return PAGE_SIZE

    @property
    def bookings_path(self) -> str:
        return RESERVATIONS_PATH

    @property
    def token_path(self) -> str:
        return TOKEN_PATH

    def truth(self) -> Sequence[TrueBooking]:
        with self.life.lock:
            return [
                TrueBooking(
                    external_id=f"{stay.booking_id}-{stay.line}",
                    status=_TRUE_STATUSES[stay.state],
                    arrival=stay.arrival,
                    departure=stay.departure,
                    total=Money(stay.total, self.hotel.currency),
                )
                for stay in self.hotel.stays()
            ]

    def act(self, act: Act) -> str | None:
        stay = self.perform(act)
        return None if stay is None else f"{stay.booking_id}-{stay.line}"

    def unknown_message(self) -> VendorMessage:
        event = Event("Weather", "forecast-changed", "SIMULATED", self.hotel.now)
        return self.message_of(event)

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": self.base_url,
            "identity_url": self.base_url,
            "client_id": self.clients.client_id,
            "client_secret": self.clients.client_secret,
            "property_id": self.hotel.id,
        }

    def _told(self, happened: Sequence[HotelEvent]) -> list[Event]:
        return [event for each in happened for event in _events(self.hotel, each)]

    def _webhook(self, events: Sequence[Event]) -> bytes:
        (event,) = events
        return orjson.dumps(
            {
                "topic": event.topic,
                "type": event.type,
                "id": f"00000000-0000-4000-8000-{event.at % 16**12:012x}",
                "accountId": "SIMU",
                "propertyId": self.hotel.id,
                "timestamp": event.at // (TICKS // 1000),
                "data": {"entityId": event.entity_id},
            }
        )


def _events(hotel: SeededHotel, event: HotelEvent) -> Iterator[Event]:
    if event.what in _TYPES:
        name = f"{event.subject}-{event.line}"
        yield Event("Reservation", _TYPES[event.what], name, event.at)
    elif event.what is Happened.ROOM_CLEANED:
        yield Event("Unit", "changed", f"{hotel.id}-{event.subject}", event.at)
    else:
        yield from _about_a_person(hotel, event)


def _about_a_person(hotel: SeededHotel, event: HotelEvent) -> Iterator[Event]:
    """A booker is the booking's, everybody else the reservation's."""
    for booking in hotel.bookings.values():
        if booking.booker_id == event.subject and not booking.is_deleted:
            yield Event("Booking", "changed", booking.id, event.at)
        for stay in booking.stays:
            people = (stay.guest_id, *stay.companion_ids)
            if event.subject in people and stay.deleted is None:
                yield Event("Reservation", "changed", f"{booking.id}-{stay.line}", event.at)
