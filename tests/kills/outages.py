"""Outages of Redis and PostgreSQL while partners push and hotels are synced."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Event
from typing import Final
from uuid import UUID

import psycopg

from tests import raw_sql
from tests.faults.test_outages import end_connections
from tests.kills.hotels import SyncedHotel
from tests.kills.installation import (
    KillsInstallation,
    Servers,
    campaign_servers,
    kills_installation,
)
from tests.kills.partners import Ingest, ingest
from tests.kills.report import report
from tests.processes import wait_until
from tests.servers import SupervisedServer
from tests.simulation.campaigns import print_figure

HOLD_SECONDS: Final = 10.0
"""How long each outage lasts at least."""
PROCESSES: Final = ("worker", "worker-2", "scheduler", "relay")
RESUME_SECONDS: Final = 1_800.0
"""Far longer than a lease, the time until a tick looks for stuck runs, and a run."""
_WAIT: Final = Event()
_COMPLETED: Final = """
SELECT DISTINCT hotel_id FROM sync_runs WHERE status = 'COMPLETED' AND started_at > %s
"""

Outage = Callable[[Servers, str], AbstractContextManager[None]]
"""The servers and the URL of the database."""


@contextmanager
def _without(server: SupervisedServer, end: Callable[[], None]) -> Iterator[None]:
    end()
    try:
        yield
    finally:
        server.start()


@contextmanager
def _read_only(url: str) -> Iterator[None]:
    """As a standby, or a primary whose provider has seen its disk fill."""
    _set_read_only(url, "on")
    try:
        yield
    finally:
        _set_read_only(url, "off")


def _set_read_only(url: str, value: str) -> None:
    options = "-c default_transaction_read_only=off"
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _emptied(servers: Servers) -> Iterator[None]:
    servers.valkey.flush()
    yield


@contextmanager
def _ending_sessions(url: str) -> Iterator[None]:
    for _ in range(10):
        end_connections(url)
        _WAIT.wait(0.5)
    yield


OUTAGES: Final[Mapping[str, Outage]] = {
    "redis emptied": lambda servers, _: _emptied(servers),
    "redis stopped": lambda servers, _: _without(servers.valkey, servers.valkey.stop),
    "redis crashed": lambda servers, _: _without(servers.valkey, servers.valkey.crash),
    "redis hangs": lambda servers, _: servers.valkey.suspended(),
    "postgres stopped": lambda servers, _: _without(servers.postgres, servers.postgres.stop),
    "postgres crashed": lambda servers, _: _without(servers.postgres, servers.postgres.crash),
    "postgres ends sessions": lambda _, url: _ending_sessions(url),
    "postgres read-only": lambda _, url: _read_only(url),
    "postgres hangs": lambda servers, _: servers.postgres.suspended(),
}
WITHOUT_PUSHES: Final = frozenset(
    {"postgres stopped", "postgres crashed", "postgres read-only", "postgres hangs"}
)
"""Pushes are refused until they end; during the others they are acknowledged."""


def outages() -> bool:
    with (
        campaign_servers() as servers,
        servers.postgres.database() as url,
        kills_installation(
            url, servers.valkey.url(), servers.folder, partners=3, hotels=4
        ) as installation,
    ):
        installation.start(*PROCESSES)
        installation.start_web()
        with ingest(installation.partners) as pushing:
            for name, outage in OUTAGES.items():
                measure_outage(
                    installation,
                    pushing,
                    name,
                    outage(servers, url),
                    refuses=name in WITHOUT_PUSHES,
                )
        verdict = installation.verify()
        return report(
            "outages",
            verdict,
            acknowledged=pushing.acknowledged,
            answers=dict(pushing.answers),
            exited=installation.exited(),
        )


def measure_outage(
    installation: KillsInstallation,
    pushing: Ingest,
    name: str,
    outage: AbstractContextManager[None],
    *,
    refuses: bool,
    hold_seconds: float = HOLD_SECONDS,
) -> None:
    """One line with what was answered meanwhile, and the seconds from its end until every partner
    was acknowledged, a new event was delivered, and every hotel was synced by a new run."""
    pushing.wait_for_more(20)
    installation.change_hotels()
    answers = pushing.answers
    with outage:
        if refuses:
            pushing.wait_for_refusals(5)
        _WAIT.wait(hold_seconds)
    ended, ended_at = time.monotonic(), time.time()
    lines = installation.count_events()
    pushes = pushing.recovery_seconds(ended)
    wait_until(
        lambda: installation.count_events() > lines, seconds=120, description="a delivered event"
    )
    events = time.monotonic() - ended
    wait_until_synced(installation, installation.hotels, since=ended_at)
    print_figure(
        "outage",
        outage=name,
        answers=dict(pushing.answers - answers),
        slowest_refusal_seconds=round(pushing.take_slowest_refusal(), 2),
        pushes_seconds=round(pushes, 2),
        events_seconds=round(events, 2),
        syncs_seconds=round(time.monotonic() - ended, 2),
    )


def wait_until_synced(
    installation: KillsInstallation, hotels: Sequence[SyncedHotel], *, since: float
) -> None:
    """Until each of the hotels has a completed run that began after the moment (Unix time)."""
    wanted = {hotel.hotel_id for hotel in hotels}

    def are_synced() -> bool:
        rows = raw_sql.read(installation.url, _COMPLETED, int(since * 1e6))
        return wanted <= {UUID(str(row[0])) for row in rows}

    wait_until(are_synced, seconds=RESUME_SECONDS, description="a sync of every hotel")


CAMPAIGNS: Final[Mapping[str, Callable[[], bool]]] = {"outages": outages}
