"""`pms up`: all processes on one machine, with simulated hotels."""

import errno
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from adapters.outbound.jobs.redis_clients import require_redis
from adapters.outbound.persistence import audited_migrations
from adapters.outbound.security.sealing import Keyring
from application.errors import ConnectionNotFound, SyncInProgress
from domain.connection import Connection
from domain.sync_run import SyncKind, SyncRun
from entrypoints.local.child_processes import ChildProcesses
from entrypoints.local.demo import (
    DEFAULT_PROVIDER,
    Demo,
    DemoHotel,
    add_demo_hotels,
    connect_canonical,
    connect_demo_hotel,
    hold_instance_lock,
    load_demo,
    save_demo,
)
from entrypoints.local.embedded_valkey import start_embedded_valkey
from entrypoints.local.installed_simulators import simulator_names
from entrypoints.local.polling import is_answering, wait_until
from entrypoints.local.simulator_client import SimulatorClient
from entrypoints.wiring.container import Container
from entrypoints.wiring.sealing_keys import load_sealing_keys
from entrypoints.wiring.settings import Settings
from ports.errors import Misconfigured
from ports.providers import Capabilities

SIMULATOR_START_SECONDS: Final = 120
WEB_START_SECONDS: Final = 60
ACTIVITY_INTERVAL_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationOptions:
    """`providers` to simulate a hotel of; if empty, those of the home or the default one.
    `bookings` per new hotel."""

    providers: Sequence[str] = ()
    bookings: int


@dataclass(frozen=True, slots=True)
class LocalInstallation:
    """A running installation."""

    container: Container
    children: ChildProcesses
    demo: Demo
    web_url: str
    events: Path
    """File of delivered CloudEvents, one per line."""

    def capabilities(self, hotel: DemoHotel) -> Capabilities:
        return self.container.providers.get(hotel.provider).capabilities

    def connection(self, hotel: DemoHotel) -> Connection:
        """Reads the stored connection. Raises ConnectionNotFound."""
        connection = self.container.directory.connection(UUID(hotel.connection_id))
        if connection is None:
            raise ConnectionNotFound(f"the connection of {hotel.slug} does not exist any more")
        return connection

    def is_pulled(self, hotel: DemoHotel) -> bool:
        """Whether its data can be pulled; otherwise the provider only pushes."""
        return self.capabilities(hotel).pulls_with(self.connection(hotel).settings)


@contextmanager
def run_installation(
    settings: Settings, options: InstallationOptions
) -> Iterator[LocalInstallation]:
    """Starts everything and waits until it answers; stops it in order at the end of the block."""
    if settings.is_production:
        raise Misconfigured(
            "PMS_ENV: `pms up` is for development; in production start `pms web`, `pms worker`, …"
        )
    settings = replace(settings, home=settings.home.absolute())
    with hold_instance_lock(settings.home):
        Keyring.parse(load_sealing_keys(settings))
        require_free_port(settings.host, settings.port)
        children = ChildProcesses(settings)
        container = Container(settings)
        try:
            yield _start_installation(container, children, options)
        finally:
            children.stop()
            container.close()


def require_free_port(host: str, port: int) -> None:
    """Raises Misconfigured if another server has the port: it would answer in place of ours."""
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


def request_initial_sync(up: LocalInstallation, hotel: DemoHotel) -> SyncRun | None:
    """The first run, queued now or by the schedule; None if an earlier start did it or the provider
    is not pulled."""
    connection = up.connection(hotel)
    if connection.cursor is not None or not up.is_pulled(hotel):
        return None
    try:
        return up.container.request_sync(
            connection.id, SyncKind.FULL, correlation_id=str(up.container.ids.new())
        )
    except SyncInProgress:
        return up.container.store.queries.sync_runs(connection.hotel_id, limit=1).rows[0]


def start_simulated_activity(up: LocalInstallation, *, every_seconds: float) -> None:
    """Changes one hotel at each interval. Several hotels take turns, because each message costs a
    job on this machine."""
    for hotel in up.demo.hotels:
        simulator_client_for(hotel).start_activity(every_seconds * len(up.demo.hotels))


def simulator_client_for(hotel: DemoHotel) -> SimulatorClient:
    return SimulatorClient(hotel.provider, f"http://127.0.0.1:{hotel.simulator_port}")


def _start_installation(
    container: Container, children: ChildProcesses, options: InstallationOptions
) -> LocalInstallation:
    settings = container.settings
    demo = _plan_demo(container, options)
    audited_migrations.upgrade(settings.database, container.audit.schema_change)
    if settings.redis_url:
        require_redis(settings.redis)
    else:
        start_embedded_valkey(children, settings)
    for hotel in demo.hotels:
        _start_simulator(children, settings, hotel)
    events = settings.home / "events.jsonl"
    _start_processes(children, events)
    demo = _connect_hotels(container, children, demo)
    web_url = f"http://{settings.host}:{settings.port}"
    is_web_ready = partial(is_answering, f"{web_url}/readyz")
    wait_until(is_web_ready, children, seconds=WEB_START_SECONDS, description="the web server")
    up = LocalInstallation(container, children, demo, web_url, events)
    for hotel in demo.hotels:
        _configure_simulator(up, hotel)
    return up


def _plan_demo(container: Container, options: InstallationOptions) -> Demo:
    """Raises Misconfigured for a hotel whose simulator is not installed."""
    demo = load_demo(container.settings.home)
    providers = options.providers or (() if demo.hotels else (DEFAULT_PROVIDER,))
    demo = add_demo_hotels(
        demo, providers, bookings=options.bookings, now=container.own_clock.now()
    )
    for hotel in demo.hotels:
        if hotel.provider not in simulator_names():
            known = ", ".join(simulator_names())
            raise Misconfigured(f"there is no simulator of {hotel.provider}; there are {known}")
    return demo


def _start_simulator(children: ChildProcesses, settings: Settings, hotel: DemoHotel) -> None:
    children.start_pms(
        f"simulator-{hotel.provider}",
        *("simulate", hotel.provider),
        *("--bookings", str(hotel.bookings), "--seed", str(hotel.seed)),
        *("--port", str(hotel.simulator_port), "--start-date", hotel.start_date),
        *("--journal", str(settings.home / f"simulated-{hotel.provider}.journal")),
        *("--time-zone", hotel.time_zone, "--currency", hotel.currency),
        stop_last=True,
    )


def _connect_hotels(container: Container, children: ChildProcesses, demo: Demo) -> Demo:
    """Connects those that are not connected yet and saves each at once."""
    for hotel in demo.hotels:
        pms = simulator_client_for(hotel)
        wait_until(
            partial(is_answering, pms.state_url),
            children,
            seconds=SIMULATOR_START_SECONDS,
            description=f"the simulator of {hotel.provider}",
        )
        if not hotel.token:
            connected_hotel = connect_demo_hotel(container, hotel, pms.connection_values())
            demo = demo.with_hotel(connected_hotel)
            save_demo(container.settings.home, demo)
    if not demo.canonical_token:
        key, token = connect_canonical(container, demo.hotels[0].slug)
        demo = replace(demo, canonical_key=key, canonical_token=token)
        save_demo(container.settings.home, demo)
    return demo


def _start_processes(children: ChildProcesses, events: Path) -> None:
    children.start_pms("web", "web")
    children.start_pms("worker-1", "worker")
    children.start_pms("worker-2", "worker", "--short-only")
    children.start_pms("scheduler", "scheduler")
    children.start_pms("relay", "relay", "--events-to", str(events))


def _configure_simulator(up: LocalInstallation, hotel: DemoHotel) -> None:
    """Sets the receiver of the simulator's messages and verifies our connection."""
    pms = simulator_client_for(hotel)
    capabilities = up.capabilities(hotel)
    if capabilities.webhooks:
        path = f"/api/pms/{hotel.provider}/webhook/{hotel.connection_key}"
        pms.send_webhooks_to(f"{up.web_url}{path}")
    elif capabilities.push_path is not None:
        auth = f"{hotel.connection_key}:{pms.connection_values()['password']}"
        pms.send_webhooks_to(f"{up.web_url}{capabilities.push_path}", auth=auth)
    if up.is_pulled(hotel):
        _test_connection(up, hotel)


def _test_connection(up: LocalInstallation, hotel: DemoHotel) -> None:
    connection = up.connection(hotel)
    if connection.cursor is not None:
        return
    verification = up.container.verify_connection(
        connection.id, correlation_id=str(up.container.ids.new())
    )
    if verification.report is None:
        raise Misconfigured(
            f"{hotel.slug}: the simulator refused the connection: {verification.error}"
        )
