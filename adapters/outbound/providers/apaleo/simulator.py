"""An Apaleo that can be run on this machine: its APIs and its identity server on one port.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson

from adapters.outbound.provider_kit.simulation.fault_answers import JsonObject
from adapters.outbound.provider_kit.simulation.fault_plan import Fault, parse_fault
from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife, seeded_life
from adapters.outbound.provider_kit.simulation.hotel_records import (
    TICKS,
    Happened,
    HotelEvent,
    StayState,
)
from adapters.outbound.provider_kit.simulation.journal import Journal
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.request_window import SlidingWindow
from adapters.outbound.provider_kit.simulation.running import RunningSimulator
from adapters.outbound.provider_kit.simulation.seeded_hotel import START_DATE, SeededHotel
from adapters.outbound.provider_kit.simulation.stage import (
    STATUSES,
    Act,
    TrueBooking,
    VendorMessage,
    book_at_once,
    perform,
)
from adapters.outbound.provider_kit.simulation.webhook_sender import WebhookHabits, WebhookSender
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
    life = seeded_life(
        seed=options.seed,
        bookings=options.bookings,
        currency=options.currency,
        time_zone=options.time_zone,
        start_date=options.start_date or START_DATE,
    )
    simulator = ApaleoSimulator(
        life,
        port=options.port,
        faults=[parse_fault(text) for text in options.faults],
        limit=SlidingWindow(options.requests_per_window, options.window_seconds),
        journal=Journal(options.journal),
    )
    simulator.begin(options)
    return simulator


class ApaleoSimulator(RunningSimulator[Event]):
    """One property of one account behind one port. `api` answers; `api.expire_tokens()` makes
    every token worthless."""

    def __init__(
        self,
        life: HotelLife,
        *,
        port: int = 0,
        faults: Iterable[Fault] = (),
        limit: SlidingWindow | None = None,
        journal: Journal | None = None,
        clients: Clients | None = None,
    ) -> None:
        self.life = life
        self.hotel = life.hotel
        self.clients = clients or Clients.of(life.hotel.seed)
        super().__init__(
            living=_Told(life),
            compose=self._webhook,
            seed=life.hotel.seed,
            port=port,
            faults=faults,
            journal=journal,
        )
        self.api = ApaleoApi(
            life,
            self.clients,
            self.faults,
            limit=limit or SlidingWindow(None),
            stopping=self.stopping,
        )
        self.serve(self.api.answer)
        self._untold: list[Event] = []

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
        stay, happened = perform(self.life, act)
        self._untold += _told(self.hotel, happened)
        return None if stay is None else f"{stay.booking_id}-{stay.line}"

    def burst(self, count: int) -> None:
        self._untold += _told(self.hotel, book_at_once(self.life, count))

    def messages(self) -> Sequence[VendorMessage]:
        untold, self._untold = self._untold, []
        return [VendorMessage(self._webhook([event])) for event in untold]

    def unknown_message(self) -> VendorMessage:
        event = Event("Weather", "forecast-changed", "SIMULATED", self.hotel.now)
        return VendorMessage(self._webhook([event]))

    def expire_tokens(self) -> None:
        self.api.expire_tokens()

    def given_tokens(self) -> Sequence[str]:
        return self.api.given_tokens()

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": self.base_url,
            "identity_url": self.base_url,
            "client_id": self.clients.client_id,
            "client_secret": self.clients.client_secret,
            "property_id": self.hotel.id,
        }

    def send_webhooks_to(
        self, url: str, habits: WebhookHabits | None = None
    ) -> WebhookSender[Event]:
        """The vendor sends one event a message."""
        return super().send_webhooks_to(url, replace(habits or WebhookHabits(), batch_size=1))

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


class _Told:
    """running.Living: the hotel's life, told in the vendor's events."""

    def __init__(self, life: HotelLife) -> None:
        self._life = life

    @property
    def lock(self) -> threading.RLock:
        return self._life.lock

    def wait(self, seconds: int) -> None:
        self._life.wait(seconds)

    def summary(self) -> JsonObject:
        return self._life.summary()

    def live(self, events: int) -> Sequence[Event]:
        return list(_told(self._life.hotel, self._life.live(events)))

    def live_one_day(self) -> Sequence[Event]:
        return list(_told(self._life.hotel, self._life.live_one_day()))


def _told(hotel: SeededHotel, happened: Sequence[HotelEvent]) -> Iterator[Event]:
    for event in happened:
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
