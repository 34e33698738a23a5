"""A simulated hotel of any provider, connected, living, heard of: the whole application over one
SQLite file, asking over HTTP and asked over it. Nothing here knows a vendor."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.persistence import migrations
from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import StagedSimulator
from adapters.outbound.provider_kit.simulation.webhook_sender import WebhookHabits, WebhookSender
from application.add_connection import NewConnection
from application.verify_hotel import DriftReport
from domain.hotel import Hotel
from domain.sync import Connection, Schedule, SyncKind, SyncRun, SyncStatus
from entrypoints.container import Container
from entrypoints.simulators import simulator_of
from entrypoints.web_app import build_web_app
from ports.queries import BookingFilter, BookingOrder
from tests.faults.stack import TickingClock, container_over, served

UNRELIABLE = WebhookHabits(
    loss=0.2, duplicates=0.3, reorder=True, attempts=1, retry_pause_seconds=0.01
)
PATIENT = WebhookHabits(duplicates=0.3, attempts=4, retry_pause_seconds=0.01)
"""Of a provider that can't be asked: what it does not tell is not known."""

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
ENDLESS = 100_000


class Living(StagedSimulator, Protocol):
    webhook_auth: str | None

    def send_webhooks_to(
        self, url: str, habits: WebhookHabits | None = None
    ) -> WebhookSender[object]: ...


@dataclass
class LivingHotel:
    container: Container
    queue: RecordingJobQueue
    clock: TickingClock
    simulator: Living
    hotel: Hotel
    connection: Connection
    told_at: str | None
    """Where the vendor's messages go; None where it sends none."""
    is_pulled: bool

    def catch_up(self) -> None:
        """Our clock never lags behind the provider's."""
        there = now_of(self.simulator)
        if there > self.clock.now():
            self.clock.advance(there - self.clock.now())

    def sync(self, kind: SyncKind, *, most: int = 40) -> SyncRun:
        """Until a run comes through; under faults some fail and are asked for again."""
        for _ in range(most):
            self.catch_up()
            queued = self.container.request_sync(self.connection.id, kind, correlation_id="test")
            run = self.container.sync_connection(queued.id, holder=str(queued.id))
            assert run.status is not SyncStatus.PARTIAL, run.counts
            if run.status is SyncStatus.COMPLETED:
                return run
        raise AssertionError(f"no run of {most} came through: {run.error_code} {run.error_detail}")

    def drain(self) -> None:
        """What was told is worked off, as workers would within a day."""
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

    def live(self, days: int, *, events: int) -> None:
        """Day after day, told by webhooks as they come and asked for every other day."""
        with served(build_web_app(self.container)) as home:
            sender = self._told_at(home)
            for day in range(1, days + 1):
                self.simulator.advance(days=1, events=events)
                self.catch_up()
                if day % TOKENS_EXPIRE_EVERY_DAYS == 0:
                    self.simulator.expire_tokens()
                assert sender is None or sender.flush(60)
                if day % 3 == 0:
                    self.drain()
                if self.is_pulled:
                    self._asked(day)
            if sender is not None:
                sender.stop()
            self.drain()

    def _told_at(self, home: str) -> WebhookSender[object] | None:
        if self.told_at is None:
            return None
        habits = UNRELIABLE if self.is_pulled else PATIENT
        return self.simulator.send_webhooks_to(f"{home}{self.told_at}", habits)

    def _asked(self, day: int) -> None:
        if day % RECONCILED_EVERY_DAYS == 0:
            self.sync(SyncKind.RECONCILE)
        elif day % 2:
            self.sync(SyncKind.DELTA)

    def verify(self) -> DriftReport:
        """As `pms verify`."""
        self.catch_up()
        return self.container.verify_hotel(self.connection.id, correlation_id="verify")

    def held(self) -> dict[str, tuple[object, ...]]:
        """What lies in our database and is not gone."""
        wanted = BookingFilter(hotel_id=self.hotel.id)
        rows = self.container.store.queries.bookings(
            wanted, order=BookingOrder.ARRIVAL_ASC, limit=ENDLESS
        ).rows
        return {
            row.external_id: (
                row.details.status,
                row.details.stay.arrival,
                row.details.stay.departure,
                row.details.total,
            )
            for row in rows
        }

    def truth(self) -> dict[str, tuple[object, ...]]:
        """The hotel itself, without any client in between; a total that this vendor does not tell
        is as we have it."""
        held = self.held()
        return {
            told.external_id: (
                told.status,
                told.arrival,
                told.departure,
                told.total or (held.get(told.external_id) or (None,))[-1],
            )
            for told in self.simulator.truth()
        }


@contextmanager
def living_hotel(
    provider: str, home: Path, *, bookings: int, seed: int, faults: bool
) -> Iterator[LivingHotel]:
    """Connected and tested; never synced yet. The faults are in force from now on."""
    simulator: Living = simulator_of(provider)(SimulatorOptions(bookings=bookings, seed=seed))  # type: ignore[assignment]  # every simulator that is made with the kit
    try:
        with _connected(provider, home, simulator) as hotel:
            for text in _faults_of(simulator) if faults else ():
                simulator.faults.add(parse_fault(text))
            yield hotel
    finally:
        simulator.stop()


def _faults_of(simulator: StagedSimulator) -> Iterator[str]:
    yield from BAD_NETWORK
    yield f"moving-items,probability=0.2,path={simulator.bookings_path}"


@contextmanager
def _connected(provider: str, home: Path, simulator: Living) -> Iterator[LivingHotel]:
    clock, queue = TickingClock(now_of(simulator)), RecordingJobQueue()
    url = f"sqlite:///{home / 'pms.db'}"
    migrations.upgrade(url)
    container = container_over(url, home, clock, queue)
    try:
        hotel = container.add_hotel(
            slug="demo", name="Demo", time_zone="Europe/Berlin", currency="EUR"
        )
        added = container.add_connection(
            NewConnection(
                hotel="demo",
                provider=provider,
                name=provider,
                values=simulator.connection_values(),
                schedule=Schedule(),
            )
        )
        capabilities = container.providers.get(provider).capabilities
        is_pulled = capabilities.pulls_with(added.connection.settings)
        if is_pulled:
            tested = container.test_connection(added.connection.id, correlation_id="setup")
            assert tested.report is not None, tested.error
        told_at = capabilities.push_path
        if capabilities.webhooks:
            told_at = f"/api/pms/{provider}/webhook/{added.key}"
        elif told_at is not None:
            simulator.webhook_auth = f"{added.key}:{simulator.connection_values()['password']}"
        yield LivingHotel(
            container, queue, clock, simulator, hotel, added.connection, told_at, is_pulled
        )
    finally:
        container.close()


def now_of(simulator: StagedSimulator) -> datetime:
    """The hotel's clock, as the control endpoint tells it."""
    with urllib.request.urlopen(f"{simulator.base_url}/simulator/state", timeout=10) as answer:
        told = str(json.load(answer)["now"])
    return datetime.fromisoformat(told).astimezone(UTC) + timedelta(seconds=1)
