"""An OPERA Cloud that can be run on this machine: one hotel of one environment behind its gateway.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence

import orjson

from adapters.outbound.provider_kit.simulation.fault_answers import JsonObject
from adapters.outbound.provider_kit.simulation.fault_plan import Fault, parse_fault
from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife, seeded_life
from adapters.outbound.provider_kit.simulation.hotel_records import HotelEvent
from adapters.outbound.provider_kit.simulation.journal import Journal
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.request_window import SlidingWindow
from adapters.outbound.provider_kit.simulation.running import RunningSimulator
from adapters.outbound.provider_kit.simulation.seeded_hotel import START_DATE
from adapters.outbound.provider_kit.simulation.stage import (
    STATUSES,
    Act,
    TrueBooking,
    VendorMessage,
    perform,
)
from domain.values import Money

from .capabilities import PAGE_SIZE
from .simulated_events import BusinessEvent
from .simulated_rooms import House
from .simulator_api import TOKEN_PATH, Clients, OhipApi


def start_simulator(options: SimulatorOptions) -> "OhipSimulator":
    """A running simulator; the caller stops it."""
    life = seeded_life(
        seed=options.seed,
        bookings=options.bookings,
        currency=options.currency,
        time_zone=options.time_zone,
        start_date=options.start_date or START_DATE,
    )
    simulator = OhipSimulator(
        life,
        port=options.port,
        faults=[parse_fault(text) for text in options.faults],
        limit=SlidingWindow(options.requests_per_window, options.window_seconds),
        journal=Journal(options.journal),
    )
    simulator.begin(options)
    return simulator


class OhipSimulator(RunningSimulator[BusinessEvent]):
    """`api.queue` holds the business events until they are taken; `send_webhooks_to` is a relay
    that pushes the same events besides."""

    page_size = PAGE_SIZE
    token_path = TOKEN_PATH

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
        self.house = House(life)
        self.clients = clients or Clients.of(life.hotel.seed)
        super().__init__(
            living=_Told(self),
            compose=self.body_of,
            seed=life.hotel.seed,
            port=port,
            faults=faults,
            journal=journal,
        )
        self.api = OhipApi(
            self.house,
            self.clients,
            self.faults,
            limit=limit or SlidingWindow(None),
            stopping=self.stopping,
        )
        self.serve(self.api.answer)
        self._untold: list[BusinessEvent] = []

    @property
    def bookings_path(self) -> str:
        return f"/rsv/v1/hotels/{self.hotel.id}/reservations"

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": self.base_url,
            "property_id": self.hotel.id,
            "app_key": self.clients.app_key,
            "client_id": self.clients.client_id,
            "client_secret": self.clients.client_secret,
            "external_system": self.clients.external_system,
        }

    def truth(self) -> Sequence[TrueBooking]:
        with self.hotel.lock:
            return [
                TrueBooking(
                    external_id=one.id,
                    status=STATUSES[one.stay.state],
                    arrival=one.stay.arrival,
                    departure=one.stay.departure,
                    total=Money(one.total, self.hotel.currency),
                )
                for one in self.house.reservations()
            ]

    def act(self, act: Act) -> str | None:
        with self.hotel.lock:
            stay, happened = perform(self.life, act)
            self._untold += self.tell(happened)
            return None if stay is None else self.house.of_stay(stay)[0]

    def messages(self) -> Sequence[VendorMessage]:
        told, self._untold = self._untold, []
        return [VendorMessage(self.body_of([event])) for event in told]

    def unknown_message(self) -> VendorMessage | None:
        event = BusinessEvent(1, "Spaceport", "ROCKET LANDED", "1", self.hotel.now)
        return VendorMessage(self.body_of([event]))

    def expire_tokens(self) -> None:
        self.api.expire_tokens()

    def tell(self, happened: Sequence[HotelEvent]) -> list[BusinessEvent]:
        """Also into the queue."""
        events = list(self.api.teller.told(happened))
        self.api.queue.put(events)
        return events

    def body_of(self, events: Sequence[BusinessEvent]) -> bytes:
        return orjson.dumps(self.api.teller.body(events))


class _Told:
    """running.Living: the hotel's life, told in business events."""

    def __init__(self, simulator: OhipSimulator) -> None:
        self._simulator = simulator
        self._life = simulator.life

    @property
    def lock(self) -> threading.RLock:
        return self._life.lock

    def wait(self, seconds: int) -> None:
        self._life.wait(seconds)

    def summary(self) -> JsonObject:
        waiting: Mapping[str, object] = {"business_events": len(self._simulator.api.queue)}
        return {**self._life.summary(), **waiting}

    def live(self, events: int) -> Sequence[BusinessEvent]:
        with self.lock:
            return self._simulator.tell(self._life.live(events))

    def live_one_day(self) -> Sequence[BusinessEvent]:
        with self.lock:
            return self._simulator.tell(self._life.live_one_day())
