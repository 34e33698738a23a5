"""A simulated OPERA Cloud: one hotel of one environment behind its gateway."""

from collections.abc import Sequence
from typing import Unpack

import orjson

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import HotelEvent, SimulatedRoomStay
from adapters.outbound.provider_kit.simulation.hotel_simulator import HotelSimulator
from adapters.outbound.provider_kit.simulation.scenario import ExpectedBooking, VendorMessage
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.options import RunConditions
from adapters.outbound.providers.ohip.capabilities import PAGE_SIZE
from adapters.outbound.providers.ohip.simulator.api import (
    TOKEN_PATH,
    SimulatedOhipApi,
    SimulatedOhipClients,
)
from adapters.outbound.providers.ohip.simulator.events import BusinessEvent
from adapters.outbound.providers.ohip.simulator.reservations import SimulatedReservations


class OhipSimulator(HotelSimulator[BusinessEvent]):
    """`api.queue` holds the business events until they are read; `send_webhooks_to` also pushes
    them."""

    page_size = PAGE_SIZE
    token_path = TOKEN_PATH
    has_one_event_per_message = False
    reports_paid = reports_balance = True

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        clients: SimulatedOhipClients | None = None,
        **conditions: Unpack[RunConditions],
    ) -> None:
        self.simulated_reservations = SimulatedReservations(activity)
        self.clients = clients or SimulatedOhipClients.of(activity.hotel.seed)
        self.bookings_path = f"/rsv/v1/hotels/{activity.hotel.id}/reservations"
        super().__init__(activity, **conditions)
        self.api = SimulatedOhipApi(
            self.simulated_reservations, self.clients, self.tokens, self.middleware
        )
        self.serve(self.api.answer)

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": self.base_url,
            "property_id": self.hotel.id,
            "app_key": self.clients.app_key,
            "client_id": self.clients.client_id,
            "client_secret": self.clients.client_secret,
            "external_system": self.clients.external_system,
        }

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        with self.hotel.lock:
            return [
                self.expect_stay(one.id, one.stay, one.total, one.paid)
                for one in self.simulated_reservations.reservations()
            ]

    def external_id(self, stay: SimulatedRoomStay) -> str:
        return self.simulated_reservations.reservation_ids_of(stay)[0]

    def unknown_message(self) -> VendorMessage | None:
        event = BusinessEvent(1, "Spaceport", "ROCKET LANDED", "1", self.hotel.now)
        return self.build_message(event)

    def state(self) -> JsonObject:
        return {**super().state(), "business_events": len(self.api.queue)}

    def render_events(self, happened: Sequence[HotelEvent]) -> list[BusinessEvent]:
        """Also queues them."""
        events = list(self.api.event_renderer.render(happened))
        self.api.queue.put(events)
        return events

    def compose(self, events: Sequence[BusinessEvent]) -> bytes:
        return orjson.dumps(self.api.event_renderer.body(events))


start_simulator = OhipSimulator.launch
