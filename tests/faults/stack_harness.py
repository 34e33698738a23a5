"""The application on a real store, connected to a simulated Mews over HTTP.

Replaced are the clock (sleeping returns at once), the queue (jobs wait until the test takes them)
and the request budget (which would wait on the real clock).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.persistence import migrations
from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from adapters.outbound.security.sealing import new_key
from adapters.outbound.system import SystemRandomness
from application.connections.add_connection import NewConnection
from application.connections.store_rotated_secrets import StoreRotatedSecrets
from application.sync.verify_hotel import DriftReport
from domain.hotel import Hotel
from domain.schedule import Schedule
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from domain.values import ConnectionId
from entrypoints.certification.fakes import LOOPBACK, SimulatorClock, simulator_tools
from entrypoints.processes.wsgi import build_web_app
from entrypoints.wiring.container import Container
from entrypoints.wiring.installed_providers import InstalledProviders
from entrypoints.wiring.settings import Settings
from ports.job_queue import Job

UNREACHABLE_REDIS = "redis://127.0.0.1:1"


@dataclass
class StackHarness:
    container: Container
    queue: RecordingJobQueue
    clock: FrozenClock
    simulator: MewsSimulator
    hotel: Hotel
    connection_id: ConnectionId
    webhook_path: str

    @property
    def url(self) -> str:
        return self.container.settings.database

    def catch_up(self) -> None:
        """Advances our clock to the provider's, if it is behind."""
        with self.simulator.hotel.lock:
            provider_now = datetime.fromtimestamp(self.simulator.records.now, UTC)
        if provider_now > self.clock.now():
            self.clock.advance(provider_now - self.clock.now())

    def sync(self, kind: SyncKind = SyncKind.DELTA) -> SyncRun:
        """Requests and runs a sync like a worker, after the last unfinished run."""
        self.catch_up()
        for last in self.container.store.queries.sync_runs(self.hotel.id, limit=1).rows:
            self.container.sync_connection(last.id, holder=f"late {last.id}")
        queued = self.container.request_sync(self.connection_id, kind, correlation_id="test")
        return self.container.sync_connection(queued.id, holder=str(queued.id))

    def sync_until_completed(
        self, kind: SyncKind = SyncKind.DELTA, *, max_runs: int = 40
    ) -> SyncRun:
        """Requests runs until one completes, like the schedule does when they fail."""
        for _ in range(max_runs):
            run = self.sync(kind)
            assert run.status is not SyncStatus.PARTIAL, run.counts
            if run.status is SyncStatus.COMPLETED:
                return run
        raise AssertionError(f"none of {max_runs} runs completed: {run.error_code}")

    def work(self, jobs: list[Job]) -> None:
        for job in jobs:
            self.container.jobs.run(
                job.name.value, str(job.hotel_id), str(job.subject_id), job.correlation_id
            )

    def drain(self, *, max_runs: int = 60) -> None:
        """Ticks until the inbox is empty, at most a day."""
        for _ in range(max_runs):
            self.clock.advance(timedelta(minutes=20))
            self.container.jobs.tick()
            self.work(list(self.queue.take()))
            if self.container.store.queries.backlog()["inbox"] == 0:
                return
        raise AssertionError("items remain in the inbox")

    def verify(self) -> DriftReport:
        self.catch_up()
        return self.container.verify_hotel(self.connection_id, correlation_id="verify")


def build_test_container(
    database_url: str, home: Path, clock: FrozenClock, queue: RecordingJobQueue
) -> Container:
    settings = Settings(
        home=home,
        database_url=database_url,
        redis_url=UNREACHABLE_REDIS,
        secret_keys=new_key("k"),
        allowed_hosts=LOOPBACK,
        allow_plain_http=True,
    )
    tools = replace(
        simulator_tools(clock),
        randomness=SystemRandomness(),
        credential_store=StoreRotatedSecrets(lambda: container.store.unit_of_work()),  # noqa: PLW0108  # made below
    )
    container = Container(
        settings,
        clock_override=clock,
        queue_override=queue,
        providers_override=InstalledProviders(tools),
    )
    return container


@contextmanager
def open_stack(database_url: str, home: Path, simulator: MewsSimulator) -> Iterator[StackHarness]:
    """A hotel connected to the simulator, not yet synced."""
    start = datetime.fromtimestamp(simulator.records.now, UTC)
    clock, queue = SimulatorClock(start), RecordingJobQueue()
    migrations.upgrade(database_url)
    container = build_test_container(database_url, home, clock, queue)
    try:
        profile = simulator.hotel
        hotel = container.add_hotel(
            slug="demo", name="Demo", time_zone=profile.time_zone, currency=profile.currency
        )
        added = container.add_connection(
            NewConnection(
                hotel="demo",
                provider="mews",
                name="mews",
                values={
                    "base_url": simulator.base_url,
                    "client_token": simulator.credentials.client_token,
                    "access_token": simulator.credentials.access_token,
                },
                schedule=Schedule(),
            )
        )
        tested = container.verify_connection(added.connection.id, correlation_id="setup")
        assert tested.report is not None, tested.error
        path = f"/api/pms/mews/webhook/{added.key}"
        connection_id = added.connection.id
        yield StackHarness(container, queue, clock, simulator, hotel, connection_id, path)
    finally:
        container.close()


@contextmanager
def serve_app(app: Flask) -> Iterator[str]:
    """The URL of a threaded server for the application, in this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve_stack(stack: StackHarness) -> Iterator[str]:
    with serve_app(build_web_app(stack.container)) as url:
        yield url
