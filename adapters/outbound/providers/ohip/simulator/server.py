"""A simulated OPERA Cloud: one hotel of one environment behind its gateway."""

from collections.abc import Sequence
from typing import Unpack

import orjson

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import HotelEvent
from adapters.outbound.provider_kit.simulation.hotel_simulator import (
    HotelSimulator,
    activity_generator_from,
)
from adapters.outbound.provider_kit.simulation.scenario import (
    STATUSES,
    ExpectedBooking,
    ScenarioAction,
    VendorMessage,
)
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.options import (
    RunConditions,
    SimulatorOptions,
    run_conditions_from,
)
from adapters.outbound.providers.ohip.capabilities import PAGE_SIZE
from adapters.outbound.providers.ohip.simulator.api import (
    TOKEN_PATH,
    SimulatedOhipApi,
    SimulatedOhipClients,
)
from adapters.outbound.providers.ohip.simulator.events import BusinessEvent
from adapters.outbound.providers.ohip.simulator.reservations import SimulatedReservations
from domain.values import Money


def start_simulator(options: SimulatorOptions) -> "OhipSimulator":
    """A running simulator; the caller stops it."""
    simulator = OhipSimulator(activity_generator_from(options), **run_conditions_from(options))
    simulator.begin(options)
    return simulator


class OhipSimulator(HotelSimulator[BusinessEvent]):
    """`api.queue` holds the business events until they are read; `send_webhooks_to` also pushes
    them."""

    page_size = PAGE_SIZE
    token_path = TOKEN_PATH
    has_one_event_per_message = False

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        clients: SimulatedOhipClients | None = None,
        **conditions: Unpack[RunConditions],
    ) -> None:
        self.simulated_reservations = SimulatedReservations(activity)
        self.clients = clients or SimulatedOhipClients.of(activity.hotel.seed)
        super().__init__(
            activity, render_events=self.render_events, compose=self.body_of, **conditions
        )
        self.api = SimulatedOhipApi(
            self.simulated_reservations, self.clients, self.tokens, self.middleware
        )
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

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        with self.hotel.lock:
            return [
                ExpectedBooking(
                    external_id=one.id,
                    status=STATUSES[one.stay.state],
                    arrival=one.stay.arrival,
                    departure=one.stay.departure,
                    total=Money(one.total, self.hotel.currency),
                )
                for one in self.simulated_reservations.reservations()
            ]

    def act(self, action: ScenarioAction) -> str | None:
        stay = self.perform_and_queue(action)
        return None if stay is None else self.simulated_reservations.reservation_ids_of(stay)[0]

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

    def body_of(self, events: Sequence[BusinessEvent]) -> bytes:
        return orjson.dumps(self.api.event_renderer.body(events))
