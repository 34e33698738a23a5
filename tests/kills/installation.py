"""A whole installation of real processes with partners and synced hotels, and its verification."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import psutil

from domain.schedule import Schedule
from domain.sync_run import SyncKind
from entrypoints.local.demo import connect_canonical
from entrypoints.wiring.subscribers import file_subscriber
from tests import raw_sql
from tests.faults.process_installation import InstalledApp, installed
from tests.kills.hotels import FREQUENT, SyncedHotel, synced_hotels
from tests.kills.ledger import WriteLedger
from tests.kills.partners import HotelPartner
from tests.kills.verification import Verdict, Verification
from tests.processes import kill_process_tree, wait_until
from tests.servers import PostgresServer, ValkeyServer

QUIET_SECONDS: Final = 1_800.0
COMMANDS: Final = {
    "web": ("web",),
    "worker": ("worker",),
    "worker-2": ("worker",),
    "short-worker": ("worker", "--short-only"),
    "scheduler": ("scheduler",),
    "scheduler-2": ("scheduler",),
}
_UNSCHEDULE: Final = "UPDATE connections SET next_sync_at = NULL, next_reconcile_at = NULL"
_LEFT_RUNS: Final = """
SELECT provider, kind, status, attempts, fruitless_attempts, pages, queued_at, fencing_number
FROM sync_runs WHERE finished_at IS NULL
"""
_UNFINISHED: Final = "SELECT COUNT(*) FROM sync_runs WHERE finished_at IS NULL"


@dataclass
class KillsInstallation:
    app: InstalledApp
    folder: Path
    ledger: WriteLedger
    partners: Sequence[HotelPartner]
    hotels: Sequence[SyncedHotel]
    hotel_ids: dict[UUID, str]
    running: dict[str, Any] = field(default_factory=dict)
    source: Random = field(default_factory=lambda: Random(7))

    @property
    def url(self) -> str:
        return self.app.container.settings.database

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    def start(self, *roles: str, **environment: str) -> None:
        """Relays write the events to the file."""
        for role in roles:
            command = COMMANDS.get(role) or ("relay", "--events-to", str(self.events))
            self.running[role] = self.app.processes.start(*command, **environment)

    def start_web(self, **environment: str) -> None:
        self.running["web"] = self.app.start_web(**environment)

    def restart(self, role: str) -> None:
        """After a SIGKILL to it and to its children."""
        kill_process_tree(self.running[role])
        self.start(role)

    def web_workers(self) -> list[psutil.Process]:
        return psutil.Process(self.running["web"].pid).children()

    def change_hotels(self) -> None:
        """The staff of each hotel does something."""
        for hotel in self.hotels:
            hotel.change(self.source)

    def count_events(self) -> int:
        return self.events.read_bytes().count(b"\n") if self.events.exists() else 0

    def exited(self) -> list[str]:
        """The roles whose process has ended by itself."""
        return [role for role, process in self.running.items() if process.poll() is not None]

    def wait_until_quiet(self, *, seconds: float = QUIET_SECONDS) -> float:
        """Seconds until no run and no inbox row waits. No more runs are scheduled."""
        began = time.monotonic()
        try:
            wait_until(self.is_quiet, seconds=seconds, description="an end of all work")
        except AssertionError as error:
            raise AssertionError(f"{error}; left: {self.left()}") from error
        return time.monotonic() - began

    def verification(self) -> Verification:
        return Verification(self.url, self.hotel_ids)

    def left(self) -> dict[str, object]:
        """What waits, and the processes that ended by themselves."""
        runs = raw_sql.read(self.url, _LEFT_RUNS)
        backlog = self.app.container.store.queries.backlog()
        return {**backlog, "runs": runs, "exited": self.exited()}

    def is_quiet(self) -> bool:
        """Ends the schedules, also where a run that ended has just set the next one."""
        raw_sql.write(self.url, _UNSCHEDULE)
        backlog = self.app.container.store.queries.backlog()
        return not backlog["inbox"] and not raw_sql.one(self.url, _UNFINISHED)

    def verify(self, *files: Path) -> Verdict:
        """Lets everything end, then checks all. `files`: of further subscribers."""
        self.settle()
        return self.check(*files)

    def settle(self) -> None:
        """Until no run waits and no row of the inbox, with each synced hotel reconciled."""
        self.wait_until_quiet()
        for hotel in self.hotels:
            self.app.container.request_sync(
                hotel.connection_id, SyncKind.RECONCILE, correlation_id="verification"
            )
        self.wait_until_quiet()

    def check(self, *files: Path) -> Verdict:
        """Once all events are delivered."""
        wait_until(self.is_delivered, seconds=QUIET_SECONDS, description="an empty outbox")
        verification = self.verification()
        verdict = verification.check_pushed(self.ledger.path)
        for file in (self.events, *files):
            verdict += verification.check_delivered(file)
        return sum((hotel.check(verification) for hotel in self.hotels), verdict)

    def is_delivered(self) -> bool:
        backlog = self.app.container.store.queries.backlog()
        return not backlog["outbox"] + backlog["postponed"]

    def relay_here(self) -> None:
        """Delivers the events to the file in this process."""
        subscribers = {"file": file_subscriber(self.events)}
        with closing(replace(self.app.container, extra_subscribers=subscribers)) as relay:
            while not self.is_delivered():
                relay.relay_outbox()


@contextmanager
def kills_installation(
    database_url: str,
    redis_url: str,
    folder: Path,
    *,
    partners: int,
    hotels: int = 0,
    bookings: int = 40,
    schedule: Schedule = FREQUENT,
    **settings: Any,
) -> Iterator[KillsInstallation]:
    """No process started. `bookings`: of each synced hotel at first."""
    settings = {"requests_per_minute": 1_000_000, "log_level": "WARNING", **settings}
    with ExitStack() as cleanup:
        app = cleanup.enter_context(installed(database_url, redis_url, folder, **settings))
        ledger = WriteLedger(folder / "ledger.jsonl")
        cleanup.callback(ledger.close)
        hotel_ids: dict[UUID, str] = {}
        pushing: list[HotelPartner] = []
        for number in range(partners):
            slug = f"pushed-{number}"
            hotel_ids[app.add_hotel(slug).id] = slug
            key, token = connect_canonical(app.container, slug)
            key = key or pushing[0].key  # all hotels have the same partner
            pushing.append(HotelPartner(slug, app.container.settings.port, key, token, ledger))
        synced = cleanup.enter_context(
            synced_hotels(app, hotels, bookings=bookings, schedule=schedule)
        )
        hotel_ids |= {hotel.hotel_id: hotel.slug for hotel in synced}
        yield KillsInstallation(app, folder, ledger, pushing, synced, hotel_ids)


@dataclass
class Servers:
    """Of one campaign. `folder`: for its files."""

    folder: Path
    postgres: PostgresServer
    valkey: ValkeyServer


@contextmanager
def campaign_servers() -> Iterator[Servers]:
    with (
        tempfile.TemporaryDirectory(prefix="pms-kills-") as folder,
        PostgresServer() as postgres,
        ValkeyServer() as valkey,
    ):
        yield Servers(Path(folder), postgres, valkey)


def kill(pid: int) -> float:
    """SIGKILL to this process only. Returns the moment, of the monotonic clock."""
    os.kill(pid, signal.SIGKILL)
    return time.monotonic()
