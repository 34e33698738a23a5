"""A simulated hotel of any provider under the whole application: one SQLite file, pulls and
webhooks over HTTP. Vendor-neutral."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.persistence import migrations
from adapters.outbound.provider_kit.simulation.scenario import (
    ExpectedBooking,
    ScenarioSimulator,
)
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.server.webhook_sender import (
    WebhookFaults,
    WebhookSender,
)
from application.connections.add_connection import NewConnection
from application.sync.verify_hotel import DriftReport
from domain.connection import Connection
from domain.schedule import Schedule
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from entrypoints.certification.fakes import SimulatorClock
from entrypoints.local.installed_simulators import load_simulator
from entrypoints.processes.wsgi import build_web_app
from entrypoints.wiring.container import Container
from tests import raw_sql
from tests.faults.stack_harness import build_test_container, serve_app

UNRELIABLE = WebhookFaults(
    loss=0.2, duplicates=0.3, reorder=True, attempts=1, retry_pause_seconds=0.01
)
RELIABLE = WebhookFaults(duplicates=0.3, attempts=4, retry_pause_seconds=0.01)
"""For providers that cannot be pulled: what their notifications lack stays unknown."""

BAD_NETWORK = (
    "429,probability=0.05,retry_after=1",
    "500,probability=0.03",
    "503,probability=0.03,retry_after=missing",
    "truncated,probability=0.03",
    "html,times=2",
    "new-field,probability=0.1",
)
RECONCILED_EVERY_DAYS = 5
TOKENS_EXPIRE_EVERY_DAYS = 2
SCHEDULE = Schedule()
AMOUNT_COLUMNS = tuple(
    f"{name}_{part}" for name in ("total", "paid", "balance") for part in ("minor", "currency")
)


@dataclass(frozen=True)
class HotelLocale:
    time_zone: str = "Europe/Berlin"
    currency: str = "EUR"


LOCAL_LOCALE = HotelLocale()
REMOTE_LOCALE = HotelLocale("Pacific/Auckland", "JPY")


class ActiveSimulator(ScenarioSimulator, Protocol):
    webhook_auth: str | None

    def send_webhooks_to(
        self, url: str, webhook_faults: WebhookFaults | None = None
    ) -> WebhookSender[object]: ...


@dataclass
class SoakHotel:
    container: Container
    queue: RecordingJobQueue
    clock: SimulatorClock
    simulator: ActiveSimulator
    connection: Connection
    webhook_path: str | None
    """Target of the vendor's messages; None where it sends none."""
    is_pulled: bool

    @property
    def url(self) -> str:
        return self.container.settings.database

    def catch_up(self) -> None:
        """Our clock never lags behind the provider's."""
        there = simulator_now(self.simulator)
        if there > self.clock.now():
            self.clock.advance(there - self.clock.now())

    def run_once(self, kind: SyncKind = SyncKind.DELTA) -> SyncRun:
        self.catch_up()
        queued = self.container.request_sync(self.connection.id, kind, correlation_id="test")
        run = self.container.sync_connection(queued.id, holder=str(queued.id))
        assert run.status is not SyncStatus.PARTIAL, run.counts
        return run

    def sync(self, kind: SyncKind = SyncKind.DELTA, *, max_runs: int = 40) -> SyncRun:
        """Repeats runs until one completes: injected faults make some fail."""
        for _ in range(max_runs):
            run = self.run_once(kind)
            if run.status is SyncStatus.COMPLETED:
                return run
        raise AssertionError(
            f"no run of {max_runs} came through: {run.error_code} {run.error_detail}"
        )

    def drain(self) -> None:
        """Runs ticks and jobs for a simulated day."""
        for _ in range(60):
            self.clock.advance(timedelta(minutes=20))
            self.container.jobs.tick()
            for job in self.queue.take():
                self.container.jobs.run(
                    job.name.value, str(job.hotel_id), str(job.subject_id), job.correlation_id
                )
            if self.container.store.queries.backlog()["inbox"] == 0:
                return
        raise AssertionError("something waits for ever in the inbox")

    def generate_days(
        self, days: int, *, events: int, webhook_faults: WebhookFaults | None = None
    ) -> None:
        """Runs day after day, with webhooks at once and pulls every other day."""
        webhook_faults = webhook_faults or (UNRELIABLE if self.is_pulled else RELIABLE)
        with serve_app(build_web_app(self.container)) as app_url:
            sender = self._webhook_sender(app_url, webhook_faults)
            for day in range(1, days + 1):
                self.simulator.advance(days=1, events=events)
                self.catch_up()
                if day % TOKENS_EXPIRE_EVERY_DAYS == 0:
                    self.simulator.expire_tokens()
                assert sender is None or sender.flush(60)
                if day % 3 == 0:
                    self.drain()
                if self.is_pulled:
                    self._pull(day)
            if sender is not None:
                sender.stop()
                assert webhook_faults.attempts == 1 or sender.abandoned == 0
            self.drain()

    def _webhook_sender(
        self, app_url: str, webhook_faults: WebhookFaults
    ) -> WebhookSender[object] | None:
        if self.webhook_path is None:
            return None
        return self.simulator.send_webhooks_to(f"{app_url}{self.webhook_path}", webhook_faults)

    def _pull(self, day: int) -> None:
        if day % RECONCILED_EVERY_DAYS == 0:
            self.sync(SyncKind.RECONCILE)
        elif day % 2:
            self.sync(SyncKind.DELTA)

    def verify(self) -> DriftReport:
        """As `pms verify`."""
        self.catch_up()
        return self.container.verify_hotel(self.connection.id, correlation_id="verify")

    def stored_bookings(self) -> dict[str, tuple[object, ...]]:
        """Bookings in our database that are not deleted, read without the application."""
        rows_query = f"SELECT external_id, status, arrival, departure, {', '.join(AMOUNT_COLUMNS)}"
        rows = raw_sql.read(self.url, f"{rows_query} FROM bookings WHERE deleted_at_source IS NULL")
        return {row[0]: row[1:] for row in rows}

    def expected_bookings(self) -> dict[str, tuple[object, ...]]:
        """The hotel itself, without a client. Amounts that the vendor does not report are taken
        from our database."""
        stored = self.stored_bookings()
        return {
            expected.external_id: (
                expected.status.value,
                expected.arrival.isoformat(),
                expected.departure.isoformat(),
                *expected_amounts(expected, stored.get(expected.external_id)),
            )
            for expected in self.simulator.expected_bookings()
        }


def expected_amounts(
    expected: ExpectedBooking, stored: tuple[object, ...] | None
) -> Iterator[object]:
    """In the order of AMOUNT_COLUMNS; `stored` None: not stored."""
    known = (stored or (None,) * 9)[-6:]
    for position, amount in enumerate((expected.total, expected.paid, expected.balance)):
        if amount is None:
            yield from known[2 * position : 2 * position + 2]
        else:
            yield from (amount.minor, amount.currency)


def assert_equals_hotel(hotel: SoakHotel, *, min_compared: int = 1) -> None:
    """`pms verify` reports no drift among at least `min_compared` bookings, and the database equals
    the hotel."""
    if hotel.is_pulled:
        report = hotel.verify()
        assert report.drift == 0, report
        assert report.compared >= min_compared
    assert hotel.stored_bookings() == hotel.expected_bookings()


@contextmanager
def soak_hotel(
    provider: str,
    directory: Path,
    *,
    bookings: int,
    seed: int = 1,
    faults: bool = False,
    place: HotelLocale = LOCAL_LOCALE,
) -> Iterator[SoakHotel]:
    """A connected hotel of any provider. `faults`: active from the start."""
    options = SimulatorOptions(
        bookings=bookings, seed=seed, time_zone=place.time_zone, currency=place.currency
    )
    simulator: ActiveSimulator = load_simulator(provider)(options)  # type: ignore[assignment]  # every simulator that is made with the kit
    try:
        with connect_simulator(provider, directory, simulator, place=place) as hotel:
            for text in _fault_specs(simulator) if faults else ():
                simulator.faults.add(parse_fault(text))
            yield hotel
    finally:
        simulator.stop()


def _fault_specs(simulator: ScenarioSimulator) -> Iterator[str]:
    yield from BAD_NETWORK
    yield f"moving-items,probability=0.2,path={simulator.bookings_path}"


@contextmanager
def connect_simulator(
    provider: str,
    directory: Path,
    simulator: ActiveSimulator,
    *,
    values: Mapping[str, str] | None = None,
    schedule: Schedule = SCHEDULE,
    place: HotelLocale = LOCAL_LOCALE,
) -> Iterator[SoakHotel]:
    """A connection that was tested but never synced. `values` None: the simulator's own."""
    clock, queue = SimulatorClock(simulator_now(simulator)), RecordingJobQueue()
    url = f"sqlite:///{directory / 'pms.db'}"
    migrations.upgrade(url)
    container = build_test_container(url, directory, clock, queue)
    try:
        container.add_hotel(
            slug="demo", name="Demo", time_zone=place.time_zone, currency=place.currency
        )
        added = container.add_connection(
            NewConnection(
                hotel="demo",
                provider=provider,
                name=provider,
                values=simulator.connection_values() if values is None else values,
                schedule=schedule,
            )
        )
        tested = container.verify_connection(added.connection.id, correlation_id="setup")
        assert tested.report is not None, tested.error
        capabilities = container.providers.get(provider).capabilities
        webhook_path = capabilities.push_path
        if capabilities.webhooks:
            webhook_path = f"/api/pms/{provider}/webhook/{added.key}"
        elif webhook_path is not None:
            simulator.webhook_auth = f"{added.key}:{simulator.connection_values()['password']}"
        is_pulled = capabilities.pulls_with(added.connection.settings)
        yield SoakHotel(
            container, queue, clock, simulator, added.connection, webhook_path, is_pulled
        )
    finally:
        container.close()


def simulator_now(simulator: ScenarioSimulator) -> datetime:
    """The hotel's clock, from the control API."""
    with urllib.request.urlopen(f"{simulator.base_url}/simulator/state", timeout=60) as answer:
        now = str(json.load(answer)["now"])
    return datetime.fromisoformat(now).astimezone(UTC) + timedelta(seconds=1)
