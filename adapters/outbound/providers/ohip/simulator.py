"""An OPERA Cloud that can be run on this machine: one hotel of one environment behind its gateway.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs.
"""

from collections.abc import Sequence
from typing import Unpack

import orjson

from adapters.outbound.provider_kit.simulation.fault_answers import JsonObject
from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife
from adapters.outbound.provider_kit.simulation.hotel_records import HotelEvent
from adapters.outbound.provider_kit.simulation.neutral_simulator import NeutralSimulator, life_of
from adapters.outbound.provider_kit.simulation.options import (
    Conditions,
    SimulatorOptions,
    conditions_of,
)
from adapters.outbound.provider_kit.simulation.stage import (
    STATUSES,
    Act,
    TrueBooking,
    VendorMessage,
)
from domain.values import Money

from .capabilities import PAGE_SIZE
from .simulated_events import BusinessEvent
from .simulated_rooms import House
from .simulator_api import TOKEN_PATH, Clients, OhipApi


def start_simulator(options: SimulatorOptions) -> "OhipSimulator":
    """A running simulator; the caller stops it."""
    simulator = OhipSimulator(life_of(options), **conditions_of(options))
    simulator.begin(options)
    return simulator


class OhipSimulator(NeutralSimulator[BusinessEvent]):
    """`api.queue` holds the business events until they are taken; `send_webhooks_to` is a relay
    that pushes the same events besides."""

    page_size = PAGE_SIZE
    token_path = TOKEN_PATH
    one_event_a_message = False

    def __init__(
        self, life: HotelLife, *, clients: Clients | None = None, **conditions: Unpack[Conditions]
    ) -> None:
        self.house = House(life)
        self.clients = clients or Clients.of(life.hotel.seed)
        super().__init__(life, tell=self.tell, compose=self.body_of, **conditions)
        self.api = OhipApi(self.house, self.clients, self.tokens, self.gate)
        self.serve(self.api.answer)

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
        stay = self.perform(act)
        return None if stay is None else self.house.of_stay(stay)[0]

    def unknown_message(self) -> VendorMessage | None:
        event = BusinessEvent(1, "Spaceport", "ROCKET LANDED", "1", self.hotel.now)
        return self.message_of(event)

    def state(self) -> JsonObject:
        return {**super().state(), "business_events": len(self.api.queue)}

    def tell(self, happened: Sequence[HotelEvent]) -> list[BusinessEvent]:
        """Also into the queue."""
        events = list(self.api.teller.told(happened))
        self.api.queue.put(events)
        return events

    def body_of(self, events: Sequence[BusinessEvent]) -> bytes:
        return orjson.dumps(self.api.teller.body(events))
