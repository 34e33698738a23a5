"""A few kills and faults of each kind, with the verification of the campaigns. Counts only, never
times."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from domain.sync_run import SyncStatus
from entrypoints.processes.wsgi import build_web_app
from tests import raw_sql
from tests.faults.stack_harness import serve_app
from tests.kills.disks import DATABASES, SmallDisk, small_disk
from tests.kills.installation import KillsInstallation, kills_installation
from tests.kills.kills import SyncKills, kill_web_processes
from tests.kills.partners import Ingest, ingest
from tests.kills.stopped import IN_TRANSACTION, resume, stop_sync
from tests.kills.verification import Verdict
from tests.servers import ValkeyServer

NO_REDIS = "redis://127.0.0.1:1"


class TestKilledWeb:
    def test_loses_doubles_and_crosses_nothing(
        self, postgres_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        with kills_installation(
            postgres_url, redis_url, tmp_path, partners=2, web_workers=1
        ) as installation:
            installation.start_web()
            for partner in installation.partners:
                partner.defers = False
            with ingest(installation.partners) as pushing:
                kill_web_processes(installation, pushing, masters=(False, True), source=Random(1))
            installation.relay_here()
            assert installation.verify() == Verdict()
            assert installation.exited() == []


class TestKilledSync:
    def test_is_completed_once_by_the_next_worker(
        self, sqlite_url: str, redis_url: str, valkey_server: ValkeyServer, tmp_path: Path
    ) -> None:
        with (
            kills_installation(
                sqlite_url, redis_url, tmp_path, partners=0, hotels=2, bookings=10
            ) as installation,
            raw_sql.reader(sqlite_url) as read,
        ):
            installation.start("worker", "scheduler")
            kills = SyncKills(installation, Random(2), read)
            for victim in ("work horse", "worker"):
                interrupted = len(kills.interrupted)
                while len(kills.interrupted) == interrupted:
                    kills.kill_one(victim)
            valkey_server.flush()  # RQ ends the job of a killed worker after 73 s
            raw_sql.expire_all_leases(sqlite_url)
            raw_sql.clear_retry_delays(sqlite_url)
            installation.settle()
            installation.relay_here()
            assert installation.check() == Verdict()


class TestStoppedSync:
    def test_loses_its_run_and_writes_nothing_when_it_goes_on(
        self, postgres_url: str, tmp_path: Path
    ) -> None:
        with (
            kills_installation(
                postgres_url, NO_REDIS, tmp_path, partners=1, hotels=2, bookings=10
            ) as installation,
            serve_partners(installation) as pushing,
        ):
            hotel = installation.hotels[1]
            (stopped, _), _ = stop_sync(installation, hotel, commit=5)
            assert raw_sql.one(postgres_url, f"SELECT COUNT(*) {IN_TRANSACTION}") == 1
            pushing.wait_for_more(10)
            # As the server does after IDLE_IN_TRANSACTION_SECONDS.
            raw_sql.read(postgres_url, f"SELECT pg_terminate_backend(pid) {IN_TRANSACTION}")
            raw_sql.expire_all_leases(postgres_url)
            (run_id,) = raw_sql.read(postgres_url, "SELECT id FROM sync_runs")[0]
            run = installation.app.container.sync_connection(run_id, holder="second")
            assert (run.status, run.attempts) == (SyncStatus.COMPLETED, 2)
            assert resume(stopped) not in (0, -signal.SIGKILL)
            assert hotel.check(installation.verification()) == Verdict()


class TestFullDisk:
    @pytest.fixture
    def disk(self) -> Iterator[SmallDisk]:
        try:
            with small_disk(400) as disk:
                yield disk
        except subprocess.CalledProcessError:
            pytest.skip("only root can mount a disk of a fixed size")

    @pytest.mark.parametrize("database", list(DATABASES))
    def test_refuses_pushes_and_loses_none(
        self, disk: SmallDisk, tmp_path: Path, database: str
    ) -> None:
        with (
            DATABASES[database](disk) as (url, full),
            kills_installation(url, NO_REDIS, tmp_path, partners=2) as installation,
        ):
            with serve_partners(installation) as pushing:
                pushing.wait_for_more(5)
                with full():
                    pushing.wait_for_refusals(5)
                pushing.wait_for_more(5)
            assert "503" in pushing.answers
            # The key of a request that failed is in flight if its release cannot be written.
            assert set(pushing.answers) <= {"200", "503", "409"}
            assert installation.verification().check_pushed(installation.ledger.path) == Verdict()


@contextmanager
def serve_partners(installation: KillsInstallation) -> Iterator[Ingest]:
    """Partners push to a server in this process, which needs no worker."""
    with serve_app(build_web_app(installation.app.container)) as url:
        for partner in installation.partners:
            partner.port = int(url.rpartition(":")[2])
            partner.defers = False
        with ingest(installation.partners) as pushing:
            yield pushing
