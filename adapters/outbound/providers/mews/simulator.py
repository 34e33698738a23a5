"""A Mews that can be run on this machine: the Connector API over a hotel that lives.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs; tests may build
`MewsSimulator` around a `SimulatedHotel` of their own.
"""

import gc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import orjson

from adapters.outbound.provider_kit.simulation.fault_plan import Fault, parse_fault
from adapters.outbound.provider_kit.simulation.journal import Journal
from adapters.outbound.provider_kit.simulation.request_window import SlidingWindow
from adapters.outbound.provider_kit.simulation.running import RunningSimulator
from adapters.outbound.provider_kit.simulation.webhook_sender import WebhookHabits

from .simulated_days import HotelLife
from .simulated_hotel import START_DATE, Event, SimulatedHotel
from .simulator_api import Credentials, MewsApi


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """`days`: lived before the first request. `auto_live_seconds`: 0 means only when told.

    `start_date`: the hotel's first today. `journal`: a file that remembers what was lived, so that
    the next simulator with the same options and file goes on where this one was.

    `faults` are texts as `parse_fault` reads them. `requests_per_window` None: no rate limit.
    """

    bookings: int = 2_000
    seed: int = 1
    days: int = 0
    currency: str = "EUR"
    time_zone: str = "Europe/Berlin"
    port: int = 0
    faults: tuple[str, ...] = ()
    requests_per_window: int | None = None
    window_seconds: float = 30.0
    half_open_intervals: bool = False
    webhook_url: str | None = None
    webhook_habits: WebhookHabits = field(default_factory=WebhookHabits)
    auto_live_seconds: float = 0.0
    auto_live_events: int = 3
    start_date: date = START_DATE
    journal: Path | None = None


def start_simulator(options: SimulatorOptions) -> "MewsSimulator":
    """A running simulator; the caller stops it."""
    hotel = SimulatedHotel(
        seed=options.seed,
        bookings=options.bookings,
        currency=options.currency,
        time_zone=options.time_zone,
        start_date=options.start_date,
    )
    simulator = MewsSimulator(
        hotel,
        port=options.port,
        faults=[parse_fault(text) for text in options.faults],
        limit=SlidingWindow(options.requests_per_window, options.window_seconds),
        half_open_intervals=options.half_open_intervals,
        journal=Journal(options.journal),
    )
    if not simulator.relive():
        simulator.advance(days=options.days)
    # Walking a seeded world of 100,000 bookings costs a full collection 0.7 s: it stays anyway.
    gc.freeze()
    simulator.start()
    if options.webhook_url is not None:
        simulator.send_webhooks_to(options.webhook_url, options.webhook_habits)
    if options.auto_live_seconds > 0:
        simulator.live_by_itself(options.auto_live_seconds, options.auto_live_events)
    return simulator


class MewsSimulator(RunningSimulator[Event]):
    """One hotel behind one port."""

    def __init__(
        self,
        hotel: SimulatedHotel,
        *,
        port: int = 0,
        faults: Iterable[Fault] = (),
        limit: SlidingWindow | None = None,
        half_open_intervals: bool = False,
        journal: Journal | None = None,
    ) -> None:
        self.hotel = hotel
        self.life = HotelLife(hotel)
        self.credentials = Credentials.of(hotel.seed)
        super().__init__(
            living=self.life,
            compose=self._general_webhook,
            seed=hotel.seed,
            port=port,
            faults=faults,
            journal=journal,
        )
        api = MewsApi(
            self.life,
            self.credentials,
            self.faults,
            limit=limit or SlidingWindow(None),
            stopping=self.stopping,
            half_open=half_open_intervals,
        )
        self.serve(api.answer)

    @property
    def enterprise_id(self) -> str:
        return self.hotel.catalog.enterprise_id

    @property
    def service_id(self) -> str:
        """The accommodation service."""
        return self.hotel.catalog.stay_service_id

    def _general_webhook(self, events: Sequence[Event]) -> bytes:
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
