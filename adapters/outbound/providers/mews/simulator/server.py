"""A Mews that can be run on this machine: the Connector API over a hotel that lives.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs; tests may build
`MewsSimulator` around a `SimulatedHotel` of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import orjson

from adapters.outbound.provider_kit.simulation.scenario import (
    ExpectedBooking,
    ScenarioAction,
    VendorMessage,
)
from adapters.outbound.provider_kit.simulation.server import options
from adapters.outbound.provider_kit.simulation.server.running_simulator import RunningSimulator
from adapters.outbound.providers.mews.capabilities import MAX_PER_PAGE
from adapters.outbound.providers.mews.simulator.api import (
    SimulatedMewsApi,
    SimulatedMewsCredentials,
)
from adapters.outbound.providers.mews.simulator.days import MewsActivityGenerator
from adapters.outbound.providers.mews.simulator.hotel import START_DATE, MewsEvent, SimulatedHotel
from adapters.outbound.providers.mews.simulator.scenario import Stage


@dataclass(frozen=True, slots=True)
class SimulatorOptions(options.SimulatorOptions):
    """`half_open_intervals`: the vendor's pages disagree (simulator_requests.py)."""

    half_open_intervals: bool = False


def start_simulator(wanted: options.SimulatorOptions) -> "MewsSimulator":
    """A running simulator; the caller stops it."""
    hotel = SimulatedHotel(
        seed=wanted.seed,
        bookings=wanted.bookings,
        currency=wanted.currency,
        time_zone=wanted.time_zone,
        start_date=wanted.start_date or START_DATE,
    )
    simulator = MewsSimulator(
        hotel,
        half_open_intervals=isinstance(wanted, SimulatorOptions) and wanted.half_open_intervals,
        **options.run_conditions_from(wanted),
    )
    simulator.begin(wanted)
    return simulator


class MewsSimulator(RunningSimulator[MewsEvent]):
    """One hotel behind one port."""

    def __init__(
        self,
        hotel: SimulatedHotel,
        *,
        half_open_intervals: bool = False,
        **conditions: Unpack[options.RunConditions],
    ) -> None:
        self.hotel = hotel
        self.activity = MewsActivityGenerator(hotel)
        self.credentials = SimulatedMewsCredentials.of(hotel.seed)
        super().__init__(
            activity_source=self.activity,
            compose=self._general_webhook,
            seed=hotel.seed,
            **conditions,
        )
        api = SimulatedMewsApi(
            self.activity,
            self.credentials,
            self.middleware,
            half_open=half_open_intervals,
        )
        self.serve(api.answer)
        self._stage = Stage(self.activity)

    @property
    def page_size(self) -> int:
        return MAX_PER_PAGE

    @property
    def bookings_path(self) -> str:
        return "reservations/getAll"

    @property
    def token_path(self) -> None:
        """Its tokens are given out by hand and do not expire."""

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        return self._stage.expected_bookings()

    def act(self, act: ScenarioAction) -> str | None:
        return self._stage.act(act)

    def burst(self, count: int) -> None:
        with self.activity.lock:
            self.activity.wait(1)
            for _ in range(count):
                self._stage.book()

    def messages(self) -> Sequence[VendorMessage]:
        """One event a message, as a busy hotel's come."""
        with self.activity.lock:
            events = self.hotel.take_events()
        return [VendorMessage(self._general_webhook([event])) for event in events]

    def unknown_message(self) -> VendorMessage:
        return VendorMessage(self._general_webhook([MewsEvent("WeatherChanged", self.service_id)]))

    def expire_tokens(self) -> None:
        """None expires."""

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": self.base_url,
            "client_token": self.credentials.client_token,
            "access_token": self.credentials.access_token,
        }

    @property
    def enterprise_id(self) -> str:
        return self.hotel.catalog.enterprise_id

    @property
    def service_id(self) -> str:
        """The accommodation service."""
        return self.hotel.catalog.stay_service_id

    def _general_webhook(self, events: Sequence[MewsEvent]) -> bytes:
        """Thin, unsigned, without id or time (connector-api/events/wh-general.md)."""
        catalog = self.hotel.catalog
        return orjson.dumps(
            {
                "EnterpriseId": catalog.enterprise_id,
                "IntegrationId": catalog.integration_id,
                "Events": [
                    {"Discriminator": event.discriminator, "Value": {"Id": event.id}}
                    for event in events
                ],
            }
        )
