"""A Cloudbeds that can be run on this machine: its API and its token endpoint on one port.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Unpack

import orjson

from adapters.outbound.provider_kit.simulation.fault_answers import JsonObject
from adapters.outbound.provider_kit.simulation.front_desk import FrontDesk
from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife
from adapters.outbound.provider_kit.simulation.hotel_records import (
    TICKS,
    Booking,
    Happened,
    HotelEvent,
    RoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.neutral_simulator import NeutralSimulator, life_of
from adapters.outbound.provider_kit.simulation.options import (
    Conditions,
    SimulatorOptions,
    conditions_of,
)
from adapters.outbound.provider_kit.simulation.stage import (
    Act,
    TrueBooking,
    VendorMessage,
    perform,
)
from domain.status import BookingStatus
from domain.values import Money

from .capabilities import PAGE_SIZE
from .simulator_api import PREFIX, RESERVATIONS, TOKEN, CloudbedsApi, Consent

_STATUSES: Final = {
    "not_confirmed": BookingStatus.PENDING,
    "confirmed": BookingStatus.CONFIRMED,
    "checked_in": BookingStatus.CHECKED_IN,
    "checked_out": BookingStatus.CHECKED_OUT,
    "canceled": BookingStatus.CANCELED,
    "no_show": BookingStatus.NO_SHOW,
}
_ALIKE: Final[dict[Act, tuple[StayState, Callable[[FrontDesk, RoomStay], object]]]] = {
    Act.CHECK_IN: (StayState.CONFIRMED, FrontDesk.check_in),
    Act.REVERT_CHECK_IN: (StayState.CHECKED_IN, FrontDesk.revert_check_in),
    Act.CHECK_OUT: (StayState.CHECKED_IN, FrontDesk.check_out),
    Act.CANCEL: (StayState.CONFIRMED, FrontDesk.cancel),
    Act.NO_SHOW: (StayState.CONFIRMED, FrontDesk.no_show),
}
"""What is done to one room on purpose is done to those of its booking that it fits."""


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook. `capital`: it spells reservationID and propertyID so, the others …Id."""

    name: str
    fields: JsonObject
    at: int
    capital: bool


def start_simulator(options: SimulatorOptions) -> "CloudbedsSimulator":
    """A running simulator; the caller stops it."""
    simulator = CloudbedsSimulator(life_of(options), **conditions_of(options))
    simulator.begin(options)
    return simulator


class CloudbedsSimulator(NeutralSimulator[Event]):
    """One property behind one port. `api` answers."""

    def __init__(
        self, life: HotelLife, *, consent: Consent | None = None, **conditions: Unpack[Conditions]
    ) -> None:
        self.consent = consent or Consent.of(life.hotel.seed)
        super().__init__(life, tell=self.told, compose=self._webhook, **conditions)
        self.api = CloudbedsApi(life, self.consent, self.tokens, self.gate)
        self.words = self.api.words
        self.serve(self.api.answer)

    @property
    def page_size(self) -> int:
        return PAGE_SIZE

    @property
    def bookings_path(self) -> str:
        return RESERVATIONS

    @property
    def token_path(self) -> str:
        return TOKEN

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": f"{self.base_url}{PREFIX}".rstrip("/"),
            "client_id": self.consent.client_id,
            "client_secret": self.consent.client_secret,
            "refresh_token": self.consent.refresh_token,
            "property_id": self.words.inventory.property_id,
        }

    def truth(self) -> Sequence[TrueBooking]:
        with self.life.lock:
            return [self._true(booking) for booking in self.hotel.truth()]

    def _true(self, booking: Booking) -> TrueBooking:
        words = self.words
        return TrueBooking(
            external_id=words.reservation_id(booking.id),
            status=_STATUSES[words.status(booking)],
            arrival=words.arrival(booking),
            departure=words.departure(booking),
            total=Money(words.total(booking), self.hotel.currency),
        )

    def act(self, act: Act) -> str | None:
        with self.life.lock:
            stay, happened = perform(self.life, act)
            if stay is None:
                return None
            self._alike(act, self.hotel.bookings[stay.booking_id])
            self.note([*happened, *self.life.desk.take_events()])
        return self.words.reservation_id(stay.booking_id)

    def _alike(self, act: Act, booking: Booking) -> None:
        desk = self.life.desk
        for stay in booking.stays:
            if act is Act.DELETE and stay.deleted is None:
                desk.delete(stay)
            elif act in _ALIKE and stay.deleted is None and stay.state is _ALIKE[act][0]:
                _ALIKE[act][1](desk, stay)

    def unknown_message(self) -> VendorMessage:
        event = Event("weather/forecast_changed", {}, self.hotel.now, capital=True)
        return self.message_of(event)

    def _webhook(self, events: Sequence[Event]) -> bytes:
        (event,) = events
        name = "propertyID" if event.capital else "propertyId"
        property_id = self.words.inventory.property_id
        return orjson.dumps(
            {
                "version": "1.0",
                "event": event.name,
                "timestamp": event.at // (TICKS // 1_000_000) / 1_000_000,
                name: int(property_id),
                f"{name}_str": property_id,
                **event.fields,
            }
        )

    def told(self, happened: Sequence[HotelEvent]) -> list[Event]:
        return [event for each in happened for event in self._events(each)]

    def _events(self, happened: HotelEvent) -> Iterator[Event]:
        if happened.what is Happened.ROOM_CLEANED:
            room: JsonObject = {"roomId": self.words.inventory.room_id(happened.subject)}
            name = "housekeeping/room_condition_changed"
            yield Event(name, room, happened.at, capital=False)
        elif happened.what in (Happened.GUEST_CHANGED, Happened.GUEST_MERGED):
            guest_id = self.words.guest_id(happened.subject)
            fields: JsonObject = {"guestId": int(guest_id), "guestId_str": guest_id}
            yield Event("guest/details_changed", fields, happened.at, capital=False)
        else:
            yield self._about_a_booking(happened)

    def _about_a_booking(self, happened: HotelEvent) -> Event:
        booking = self.hotel.bookings[happened.subject]
        own = self.words.reservation_id(booking.id)
        days: JsonObject = {
            "startDate": self.words.arrival(booking).isoformat(),
            "endDate": self.words.departure(booking).isoformat(),
        }
        match happened.what:
            case Happened.CREATED:
                name, capital, more = "created", True, days
            case Happened.AMENDED:
                name, capital, more = "dates_changed", False, days
            case Happened.ROOM_ASSIGNED | Happened.ROOM_UNASSIGNED:
                name, capital, more = "accommodation_changed", False, {}
            case Happened.DELETED if booking.is_deleted:
                name, capital, more = "deleted", False, {}
            case Happened.DELETED:
                name, capital, more = "accommodation_removed", False, {}
            case _:
                status: JsonObject = {"status": self.words.status(booking)}
                name, capital, more = "status_changed", True, status
        key = "reservationID" if capital else "reservationId"
        return Event(f"reservation/{name}", {key: own, **more}, happened.at, capital)
