"""An installation of real processes on a database and a Valkey, with one hotel."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from adapters.outbound.persistence import migrations
from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from adapters.outbound.security.sealing import new_key
from application.connections.add_connection import NewConnection
from domain.hotel import Hotel
from domain.schedule import Schedule
from entrypoints.local.demo import connect_canonical
from entrypoints.local.polling import is_answering
from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import Settings, settings_to_environment
from tests.processes import PmsProcesses, processes_with_cwd, wait_until
from tests.servers import free_port

Simulate = Callable[..., MewsSimulator]
"""Starts a simulated Mews hotel: `simulate(bookings, **options)`."""
DAY_ONE = "2026-01-01T10:00:00Z"


def booking(external_id: str, *, version: int = 0) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "source_version": {"updated_at": DAY_ONE, "sequence": version},
        "status": "CONFIRMED",
        "stay": {"arrival": "2031-05-01", "departure": "2031-05-04"},
        "primary_guest": {"first_name": "Planted", "email": "planted@guest.example"},
        "total": {"amount": f"{100 + version}.00", "currency": "EUR"},
    }


@dataclass
class BookingPusher:
    """A partner that pushes bookings over HTTP."""

    port: int
    key: str
    token: str
    unanswered: list[str] = field(default_factory=list)

    def post(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {
            "Content-Type": "application/json",
            "X-PMS-Provider-Key": self.key,
            "Authorization": f"Bearer {self.token}",
            **headers,
        }
        try:
            connection.request("POST", path, json.dumps(body), sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def push(self, external_id: str, **headers: str) -> int:
        """The response's status. Raises OSError, HTTPException if there is no response."""
        status, _ = self.post("/api/pms/canonical/bookings", booking(external_id), **headers)
        return status

    def push_until_disconnected(self, start: int, acknowledged: set[str]) -> None:
        for number in range(start, start + 10_000):
            try:
                assert self.push(f"B-{number}") == 200
            except (OSError, http.client.HTTPException):
                self.unanswered.append(f"B-{number}")
                return
            acknowledged.add(f"B-{number}")


@dataclass
class InstalledApp:
    container: Container
    processes: PmsProcesses

    @property
    def today(self) -> date:
        return self.container.clock.now().date()

    def start_web(self, **environment: str) -> "psutil.Popen":
        web = self.processes.start("web", **environment)
        url = f"http://127.0.0.1:{self.container.settings.port}/readyz"
        wait_until(
            lambda: is_answering(url) or web.poll() is not None, seconds=120, description="the web"
        )
        assert web.poll() is None, self.processes.output()
        return web

    def pusher(self) -> BookingPusher:
        key, token = connect_canonical(self.container, "vienna")
        return BookingPusher(self.container.settings.port, key, token)

    def add_hotel(self, slug: str) -> Hotel:
        return self.container.add_hotel(
            slug=slug, name=slug.title(), time_zone="Europe/Vienna", currency="EUR"
        )

    def connect(
        self,
        simulator: Any,
        schedule: Schedule | None = None,
        *,
        hotel: str = "vienna",
        base_url: str | None = None,
    ) -> tuple[UUID, str]:
        """The verified connection's id and its webhook path. `base_url`: in place of the
        simulator's own."""
        values = {
            "base_url": base_url or simulator.base_url,
            "client_token": simulator.credentials.client_token,
            "access_token": simulator.credentials.access_token,
        }
        added = self.container.add_connection(
            NewConnection(
                hotel=hotel,
                provider="mews",
                name="mews",
                values=values,
                schedule=schedule or Schedule(),
            )
        )
        connection_id = added.connection.id
        tested = self.container.verify_connection(connection_id, correlation_id="setup")
        assert tested.report is not None, tested.error
        return connection_id, f"/api/pms/mews/webhook/{added.key}"


@contextmanager
def installed(
    database_url: str, redis_url: str, home: Path, **changed: Any
) -> Iterator[InstalledApp]:
    """With the hotel `vienna`, no process started. `changed`: settings other than the tests'."""
    settings = replace(
        Settings(
            home=home,
            database_url=database_url,
            redis_url=redis_url,
            secret_keys=new_key("k"),
            port=free_port(),
            web_workers=1,
            tick_seconds=1,
            allowed_hosts=frozenset({"127.0.0.1"}),
            allow_plain_http=True,
        ),
        **changed,
    )
    migrations.upgrade(database_url)
    container = Container(settings)
    try:
        with processes_with_cwd(home / "logs", **settings_to_environment(settings)) as processes:
            app = InstalledApp(container, processes)
            app.add_hotel("vienna")
            yield app
    finally:
        container.close()
