"""`pms up`: every process of this installation on one machine, with simulated hotels."""

import errno
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from adapters.outbound.persistence import migrations
from application.errors import ConnectionNotFound, SyncInProgress
from domain.sync import Connection, SyncKind, SyncRun
from entrypoints.children import Children
from entrypoints.container import Container, build
from entrypoints.demo import (
    DEFAULT_PROVIDER,
    Demo,
    DemoHotel,
    connected,
    keep,
    only_one,
    remembered,
    with_canonical,
    with_hotels_of,
)
from entrypoints.embedded import start_embedded_queue
from entrypoints.settings import Settings, as_environment, inherited_environment
from entrypoints.simulated import SimulatedPms
from entrypoints.simulators import simulator_names
from entrypoints.waiting import answers, wait_until
from ports.errors import Misconfigured
from ports.providers import Capabilities

SIMULATOR_SECONDS: Final = 120
WEB_SECONDS: Final = 60
LIVE_EVERY: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`providers`: those that a hotel is wanted of; none: what the home has, or else the default.
    `bookings` of each new hotel."""

    providers: Sequence[str] = ()
    bookings: int


@dataclass(frozen=True, slots=True)
class Running:
    """An installation that answers. `home_url` is the web server's."""

    container: Container
    children: Children
    demo: Demo
    home_url: str
    events: Path
    """CloudEvents as they are delivered, a line each."""

    def capabilities(self, hotel: DemoHotel) -> Capabilities:
        return self.container.providers.get(hotel.provider).capabilities

    def connection(self, hotel: DemoHotel) -> Connection:
        """As it is stored now. Raises ConnectionNotFound."""
        found = self.container.directory.connection(UUID(hotel.connection_id))
        if found is None:
            raise ConnectionNotFound(f"{hotel.slug} has lost its connection")
        return found

    def is_pulled(self, hotel: DemoHotel) -> bool:
        """Rather than only pushed to."""
        return self.capabilities(hotel).pulls_with(self.connection(hotel).settings)


@contextmanager
def running(settings: Settings, wanted: Wanted) -> Iterator[Running]:
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
            yield _started(container, children, wanted)
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


def first_sync(up: Running, hotel: DemoHotel) -> SyncRun | None:
    """The run that brings the hotel in, queued now or by the schedule; None where an earlier start
    did it and where the provider is not pulled."""
    connection = up.connection(hotel)
    if connection.cursor is not None or not up.is_pulled(hotel):
        return None
    try:
        return up.container.request_sync(
            connection.id, SyncKind.FULL, correlation_id=str(up.container.ids.new())
        )
    except SyncInProgress:
        runs, _ = up.container.store.queries.sync_runs(connection.hotel_id, limit=1)
        return runs[0]


def let_live(up: Running, *, every_seconds: float) -> None:
    """In some hotel something happens that often. Several in turn: all of them share this machine,
    and each message from one costs a job."""
    for hotel in up.demo.hotels:
        simulated(hotel).live(every_seconds * len(up.demo.hotels))


def simulated(hotel: DemoHotel) -> SimulatedPms:
    return SimulatedPms(hotel.provider, f"http://127.0.0.1:{hotel.simulator_port}")


def _started(container: Container, children: Children, wanted: Wanted) -> Running:
    settings = container.settings
    demo = _planned(container, wanted)
    if not settings.redis_url:
        start_embedded_queue(children, settings)
    migrations.upgrade(settings.database)
    for hotel in demo.hotels:
        _start_simulator(children, settings, hotel)
    events = settings.home / "events.jsonl"
    _start_processes(children, events)
    demo = _connected(container, children, demo)
    home_url = f"http://{settings.host}:{settings.port}"
    ready = partial(answers, f"{home_url}/readyz")
    wait_until(ready, children, seconds=WEB_SECONDS, what="the web server")
    up = Running(container, children, demo, home_url, events)
    for hotel in demo.hotels:
        _introduce(up, hotel)
    return up


def _planned(container: Container, wanted: Wanted) -> Demo:
    """Raises Misconfigured for a hotel whose simulator is not installed (any more)."""
    demo = remembered(container.settings.home)
    providers = wanted.providers or (() if demo.hotels else (DEFAULT_PROVIDER,))
    demo = with_hotels_of(demo, providers, bookings=wanted.bookings, now=container.clock.now())
    for hotel in demo.hotels:
        if hotel.provider not in simulator_names():
            known = ", ".join(simulator_names())
            raise Misconfigured(f"there is no simulator of {hotel.provider}; there are {known}")
    return demo


def _start_simulator(children: Children, settings: Settings, hotel: DemoHotel) -> None:
    children.start_pms(
        f"simulator-{hotel.provider}",
        *("simulate", hotel.provider),
        *("--bookings", str(hotel.bookings), "--seed", str(hotel.seed)),
        *("--port", str(hotel.simulator_port), "--start-date", hotel.start_date),
        *("--journal", str(settings.home / f"simulated-{hotel.provider}.journal")),
        *("--time-zone", hotel.time_zone, "--currency", hotel.currency),
        needed=True,
    )


def _connected(container: Container, children: Children, demo: Demo) -> Demo:
    """As far as they are not; each is kept at once."""
    for hotel in demo.hotels:
        pms = simulated(hotel)
        wait_until(
            partial(answers, pms.state_url),
            children,
            seconds=SIMULATOR_SECONDS,
            what=f"the simulator of {hotel.provider}",
        )
        if not hotel.token:
            made = connected(container, hotel, pms.connection_values())
            demo = demo.changed(made)
            keep(container.settings.home, demo)
    if not demo.canonical_token:
        demo = with_canonical(container, demo)
        keep(container.settings.home, demo)
    return demo


def _start_processes(children: Children, events: Path) -> None:
    children.start_pms("web", "web")
    children.start_pms("worker-1", "worker")
    children.start_pms("worker-2", "worker", "--short-only")
    children.start_pms("scheduler", "scheduler")
    children.start_pms("relay", "relay", "--events-to", str(events))


def _introduce(up: Running, hotel: DemoHotel) -> None:
    """The simulator is told where to send its messages, our connection is tested."""
    pms = simulated(hotel)
    capabilities = up.capabilities(hotel)
    if capabilities.webhooks:
        path = f"/api/pms/{hotel.provider}/webhook/{hotel.connection_key}"
        pms.send_webhooks_to(f"{up.home_url}{path}")
    elif capabilities.push_path is not None:
        auth = f"{hotel.connection_key}:{pms.connection_values()['password']}"
        pms.send_webhooks_to(f"{up.home_url}{capabilities.push_path}", auth=auth)
    if up.is_pulled(hotel):
        _test_connection(up, hotel)


def _test_connection(up: Running, hotel: DemoHotel) -> None:
    connection = up.connection(hotel)
    if connection.cursor is not None:
        return
    tested = up.container.test_connection(connection.id, correlation_id=str(up.container.ids.new()))
    if tested.report is None:
        raise Misconfigured(f"{hotel.slug}: the simulated hotel does not answer: {tested.error}")
