"""A Mews that can be run on this machine: the Connector API over a hotel that lives.

`start_simulator(SimulatorOptions(...))` is all that a command line or a demo needs; tests may build
`MewsSimulator` around a `SimulatedHotel` of their own. Control, on the same port, without tokens:
GET /simulator/state; POST /simulator/advance {days, events}, /simulator/faults {faults, clear},
/simulator/webhooks {url, ...WebhookHabits}.
"""

import gc
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from .simulated_days import HotelLife
from .simulated_hotel import START_DATE, Event, SimulatedHotel
from .simulator_api import Credentials, MewsApi, SlidingWindow
from .simulator_control import ControlApi
from .simulator_faults import Fault, FaultPlan, parse_fault
from .simulator_http import Call, LoopbackServer, Reply
from .simulator_journal import Journal, Lived
from .simulator_webhooks import WebhookHabits, WebhookSender


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


class MewsSimulator:
    """One hotel behind one port. Start and stop once; usable as a context manager."""

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
        self._journal = journal or Journal(None)
        self.life = HotelLife(hotel)
        self.faults = FaultPlan(faults, seed=hotel.seed)
        self.credentials = Credentials.of(hotel.seed)
        self._stopping = threading.Event()
        self._api = MewsApi(
            self.life,
            self.credentials,
            self.faults,
            limit=limit or SlidingWindow(None),
            stopping=self._stopping,
            half_open=half_open_intervals,
        )
        self._control = ControlApi(self)
        self._server = LoopbackServer(port, self._answer)
        self._sender: WebhookSender | None = None
        self._living: threading.Thread | None = None
        self._started = False

    @property
    def base_url(self) -> str:
        """The platform address, without /api/connector/v1."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def enterprise_id(self) -> str:
        return self.hotel.catalog.enterprise_id

    @property
    def service_id(self) -> str:
        """The accommodation service."""
        return self.hotel.catalog.stay_service_id

    @property
    def requests_served(self) -> dict[str, int]:
        """Requests by path, refused ones included."""
        return dict(self._api.served)

    @property
    def webhooks(self) -> WebhookSender | None:
        return self._sender

    def start(self) -> None:
        self._server.start()
        self._started = True

    def stop(self) -> None:
        self._stopping.set()
        if self._living is not None:
            self._living.join()
        if self._sender is not None:
            self._sender.stop()
        if self._started:
            self._server.stop()
        else:
            self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def advance(self, *, days: int = 0, events: int = 0) -> list[Event]:
        """Live so many days, then so many happenings; webhooks go out if a target is set."""
        happened = self._live(Lived(seconds=0, days=days, events=events))
        if self._sender is not None:
            self._sender.send(happened)
        return happened

    def relive(self) -> bool:
        """What the journal tells, without webhooks; False where it tells nothing."""
        lived = self._journal.read()
        for each in lived:
            self._relive(each)
        return bool(lived)

    def _live(self, lived: Lived) -> list[Event]:
        with self.hotel.lock:
            self._journal.note(lived)
            return self._relive(lived)

    def _relive(self, lived: Lived) -> list[Event]:
        self.hotel.clock.advance(lived.seconds)
        happened: list[Event] = []
        for _ in range(lived.days):
            happened += self.life.live_one_day()
        return happened + self.life.live(lived.events)

    def send_webhooks_to(self, url: str, habits: WebhookHabits | None = None) -> WebhookSender:
        """From now on; a former target gets nothing more. Raises WebhookTargetRefused."""
        catalog = self.hotel.catalog
        sender = WebhookSender(
            url,
            enterprise_id=catalog.enterprise_id,
            integration_id=catalog.integration_id,
            habits=habits,
            seed=self.hotel.seed,
        )
        former, self._sender = self._sender, sender
        if former is not None:
            former.stop()
        sender.start()
        return sender

    def live_by_itself(self, every_seconds: float, events: int) -> None:
        """A thread that lets things happen until `stop`."""
        self._living = threading.Thread(
            target=self._keep_living, args=(every_seconds, events), name="simulator-life"
        )
        self._living.start()

    def _keep_living(self, every_seconds: float, events: int) -> None:
        while not self._stopping.wait(every_seconds):
            happened = self._live(Lived(seconds=int(every_seconds), days=0, events=events))
            if self._sender is not None:
                self._sender.send(happened)

    def _answer(self, call: Call) -> Reply:
        if call.path.startswith("/simulator/"):
            return self._control.answer(call)
        return self._api.answer(call)
