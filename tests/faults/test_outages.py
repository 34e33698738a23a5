"""PostgreSQL and Valkey stop, crash and close connections during requests and syncs."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from adapters.outbound.jobs.redis_clients import REQUEST_TIMEOUT_SECONDS
from entrypoints.processes.wsgi import build_web_app
from tests import raw_sql
from tests.faults.process_installation import BookingPusher, InstalledApp, Simulate, installed
from tests.faults.stack_harness import serve_app
from tests.processes import wait_until
from tests.servers import PostgresServer, ValkeyServer

VENDOR_TIMEOUT_SECONDS = 5.0


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    """A server that the test may stop."""
    server = ValkeyServer()
    server.start()
    yield server
    server.close()


class SilentServer:
    """Takes the place of a stopped Valkey: accepts connections, counts them, never answers."""

    def __init__(self, url: str) -> None:
        self._address = ("127.0.0.1", urlsplit(url).port or 0)
        self._accepted: list[socket.socket] = []

    @property
    def connections(self) -> int:
        return len(self._accepted)

    def __enter__(self) -> "SilentServer":
        self._server = socket.create_server(self._address)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)  # ends accept()
        self._server.close()
        for connection in self._accepted:
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._accepted.append(self._server.accept()[0])


@dataclass
class BackgroundPusher:
    """Pushes bookings one after another until it is stopped; notes statuses other than 200."""

    pusher: BookingPusher
    acknowledged: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "BackgroundPusher":
        self._thread = threading.Thread(target=self._push)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(60)

    def _push(self) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            status = self.pusher.push(f"B-{number}")
            if status == 200:
                self.acknowledged.append(f"B-{number}")
            else:
                self.refused.append(status)
                self._stopping.wait(0.02)

    def wait_for_more(self, count: int = 5) -> None:
        wanted = len(self.acknowledged) + count
        wait_until(
            lambda: len(self.acknowledged) >= wanted, seconds=120, description="acknowledgements"
        )

    def wait_for_refusal(self) -> None:
        wanted = len(self.refused) + 1
        wait_until(lambda: len(self.refused) >= wanted, seconds=120, description="a refusal")


def end_connections(url: str) -> None:
    raw_sql.read(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'",
    )


class TestPostgres:
    def test_outage_fails_pushes_with_503_and_loses_nothing(
        self,
        postgres_server: PostgresServer,
        postgres_url: str,
        redis_url: str,
        tmp_path: Path,
    ) -> None:
        with installed(postgres_url, redis_url, tmp_path) as pms:
            pusher = pms.pusher()
            with serve_app(build_web_app(pms.container)) as url:
                pusher.port = int(url.rpartition(":")[2])
                with BackgroundPusher(pusher) as pushing:
                    for end in (postgres_server.stop, postgres_server.crash):
                        pushing.wait_for_more()
                        end()
                        pushing.wait_for_refusal()
                        postgres_server.start()
                        pushing.wait_for_more()
                    for _ in range(10):
                        end_connections(postgres_url)
                        pushing.wait_for_more(3)
            stored = raw_sql.read(postgres_url, "SELECT external_id FROM bookings")
            event_count = raw_sql.one(
                postgres_url, "SELECT COUNT(*) FROM outbox WHERE type = 'pms.booking.synced'"
            )
        assert set(pushing.refused) == {503}
        assert set(pushing.acknowledged) <= {row[0] for row in stored}
        assert event_count == len(stored)


class TestValkey:
    @pytest.fixture
    def pms(
        self, sqlite_url: str, own_valkey: ValkeyServer, tmp_path: Path
    ) -> Iterator[InstalledApp]:
        with installed(sqlite_url, own_valkey.url(), tmp_path) as app:
            yield app

    def test_outage_refuses_no_request_and_loses_no_work(
        self, sqlite_url: str, own_valkey: ValkeyServer, simulate: Simulate, pms: InstalledApp
    ) -> None:
        pusher = pms.pusher()
        simulator = simulate(40, start_date=pms.today)
        _, path = pms.connect(simulator)
        notified = simulator.records.stays()[0].id
        event = {"Discriminator": "ServiceOrderUpdated", "Value": {"Id": notified}}
        message = {"EnterpriseId": simulator.catalog.enterprise_id, "Events": [event]}
        with serve_app(build_web_app(pms.container)) as url:
            pusher.port = int(url.rpartition(":")[2])
            assert pusher.push("B-1") == 200
            own_valkey.stop()
            assert pusher.push("B-2") == 200
            assert pusher.push("B-3", Prefer="respond-async") == 202
            assert pusher.post(path, message)[0] == 200
        assert pms.container.store.queries.backlog()["inbox"] == 2
        own_valkey.start()
        raw_sql.clear_retry_delays(sqlite_url)
        pms.processes.start("scheduler")
        pms.processes.start("worker", "--short-only")
        wait_until(
            lambda: pms.container.store.queries.backlog()["inbox"] == 0,
            seconds=120,
            description="an empty inbox",
        )
        stored = {row[0] for row in raw_sql.read(sqlite_url, "SELECT external_id FROM bookings")}
        assert {"B-1", "B-2", "B-3", notified} <= stored

    def test_that_hangs_is_tried_less_often_than_a_vendor_waits(
        self, own_valkey: ValkeyServer, simulate: Simulate, pms: InstalledApp
    ) -> None:
        pusher = pms.pusher()
        simulator = simulate(40, start_date=pms.today)
        _, path = pms.connect(simulator)
        with serve_app(build_web_app(pms.container)) as url:
            pusher.port = int(url.rpartition(":")[2])
            assert pusher.push("B-1") == 200
            own_valkey.stop()
            with SilentServer(own_valkey.url()) as valkey:
                assert pusher.post(path, {"EnterpriseId": "x", "Events": []})[0] == 200
                webhook_attempts = valkey.connections
                assert pusher.push("B-2", Prefer="respond-async") == 202
                push_attempts = valkey.connections - webhook_attempts
        for attempts in (webhook_attempts, push_attempts):
            assert 0 < attempts * REQUEST_TIMEOUT_SECONDS < VENDOR_TIMEOUT_SECONDS / 2

    def test_that_restarts_empty_finds_scheduler_and_worker_going_on(
        self, sqlite_url: str, own_valkey: ValkeyServer, simulate: Simulate, pms: InstalledApp
    ) -> None:
        pms.connect(simulate(40, start_date=pms.today))
        scheduler = pms.processes.start("scheduler")
        worker = pms.processes.start("worker")
        await_run(pms, count=1)
        own_valkey.crash()
        own_valkey.start()
        raw_sql.write(sqlite_url, "UPDATE connections SET next_sync_at = 0")
        await_run(pms, count=2)
        assert (scheduler.poll(), worker.poll()) == (None, None)


def await_run(pms: InstalledApp, *, count: int) -> None:
    def completed() -> bool:
        rows = raw_sql.read(
            pms.container.settings.database, "SELECT status FROM sync_runs WHERE status <> 'QUEUED'"
        )
        return [row[0] for row in rows].count("COMPLETED") >= count

    wait_until(completed, seconds=120, description=f"{count} completed runs")
