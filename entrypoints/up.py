"""`pms up`: every process of this installation on one machine, with a simulated hotel."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import UUID

from adapters.outbound.persistence import migrations
from adapters.outbound.provider_kit.local_time import zone
from application.errors import SyncInProgress
from domain.sync import SyncKind, SyncRun
from entrypoints.children import Children
from entrypoints.container import Container, build
from entrypoints.demo import TIME_ZONE, Demo, connected, only_one, remembered
from entrypoints.embedded import start_embedded_queue
from entrypoints.settings import Settings, as_environment, inherited_environment
from entrypoints.waiting import answers, wait_until
from ports.errors import Misconfigured

SIMULATOR_SECONDS: Final = 120
WEB_SECONDS: Final = 60
LIVE_EVERY: Final = 5.0


@dataclass(frozen=True, slots=True)
class Running:
    """An installation that answers. `home_url` is the web server's."""

    container: Container
    children: Children
    demo: Demo
    home_url: str
    events: Path
    """CloudEvents as they are delivered, a line each."""


@contextmanager
def running(settings: Settings, *, bookings: int, live_every: float) -> Iterator[Running]:
    """Everything started and answering; ended in order when the block is left, by whatever."""
    if settings.is_production:
        raise Misconfigured("PMS_ENV: `pms up` is for one machine; start `pms web`, … instead")
    settings = replace(settings, home=settings.home.absolute())
    with only_one(settings.home):
        require_free_port(settings.host, settings.port)
        children = Children(
            settings.home / "logs", inherited_environment() | as_environment(settings)
        )
        container = build(settings)
        try:
            yield _started(container, children, bookings=bookings, live_every=live_every)
        finally:
            children.stop()
            container.close()


def require_free_port(host: str, port: int) -> None:
    """Before anything is started: the server of another would answer in place of ours. Raises
    Misconfigured."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = f"PMS_PORT: another server has port {port}; choose one with --port"
            else:
                message = f"PMS_HOST, PMS_PORT: can't listen at {host}:{port}: {error.strerror}"
            raise Misconfigured(message) from error


def first_sync(up: Running) -> SyncRun | None:
    """The run that brings the hotel in, queued now; None where an earlier start did it."""
    connection_id = UUID(up.demo.connection_id)
    found = up.container.directory.connection(connection_id)
    if found is None or found.cursor is not None:
        return None
    try:
        return up.container.request_sync(
            connection_id, SyncKind.FULL, correlation_id=str(up.container.ids.new())
        )
    except SyncInProgress:
        runs, _ = up.container.store.queries.sync_runs(found.hotel_id, limit=1)
        return runs[0]


def _started(
    container: Container, children: Children, *, bookings: int, live_every: float
) -> Running:
    settings = container.settings
    if not settings.redis_url:
        start_embedded_queue(children, settings)
    migrations.upgrade(settings.database)
    today = container.clock.now().astimezone(zone(TIME_ZONE)).date()
    demo = remembered(settings.home, bookings=bookings, today=today)
    demo = connected(container, demo)
    home_url = f"http://{settings.host}:{settings.port}"
    _start_simulator(children, settings, demo, home_url, live_every=live_every)
    events = settings.home / "events.jsonl"
    children.start_pms("web", "web")
    children.start_pms("worker-1", "worker")
    children.start_pms("worker-2", "worker", "--short-only")
    children.start_pms("scheduler", "scheduler")
    children.start_pms("relay", "relay", "--events-to", str(events))
    wait_until(
        lambda: answers(f"{home_url}/readyz"), children, seconds=WEB_SECONDS, what="the web server"
    )
    up = Running(container, children, demo, home_url, events)
    _test_connection(up)
    return up


def _start_simulator(
    children: Children, settings: Settings, demo: Demo, home_url: str, *, live_every: float
) -> None:
    children.start_pms(
        "simulator",
        *("simulate", "mews"),
        *("--bookings", str(demo.bookings), "--seed", str(demo.seed)),
        *("--port", str(demo.simulator_port), "--start-date", demo.start_date),
        *("--journal", str(settings.home / "simulated-mews.journal")),
        *("--time-zone", TIME_ZONE, "--live-every", str(live_every)),
        *("--webhook-url", f"{home_url}{demo.webhook_path}"),
    )
    url = f"http://127.0.0.1:{demo.simulator_port}/simulator/state"
    wait_until(lambda: answers(url), children, seconds=SIMULATOR_SECONDS, what="the simulator")


def _test_connection(up: Running) -> None:
    connection_id = UUID(up.demo.connection_id)
    found = up.container.directory.connection(connection_id)
    if found is not None and found.cursor is not None:
        return
    tested = up.container.test_connection(connection_id, correlation_id=str(up.container.ids.new()))
    if tested.report is None:
        raise Misconfigured(f"the simulated hotel does not answer: {tested.error}")
