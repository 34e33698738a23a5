"""Real processes on machines whose clocks are an hour off."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from adapters.outbound.jobs.tick import TICK_ID, TickingScheduler
from adapters.outbound.persistence.store import read_time
from adapters.outbound.system import SystemClock
from domain.sync_run import LEASE_TTL
from tests import raw_sql
from tests.faults.process_installation import InstalledApp, Simulate, installed
from tests.faults.test_outages import await_run
from tests.faults.wrong_clock import WrongClock, build_wrong_clock
from tests.processes import wait_until

HOUR = 3600
LEASE_EXPIRY = "SELECT lease_expires_at FROM connections"


@pytest.fixture
def pms(postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[InstalledApp]:
    with installed(postgres_url, redis_url, tmp_path) as app:
        yield app


@pytest.fixture
def wrong_clock(tmp_path: Path) -> WrongClock:
    return build_wrong_clock(tmp_path)


def logged(pms: InstalledApp, event: str) -> list[dict[str, Any]]:
    lines = (line for line in pms.processes.output().splitlines() if line.startswith("{"))
    return [each for each in map(json.loads, lines) if each.get("event") == event]


def await_log(pms: InstalledApp, event: str, *, count: int = 1) -> list[dict[str, Any]]:
    wait_until(lambda: len(logged(pms, event)) >= count, seconds=120, description=event)
    return logged(pms, event)


class TestDatabaseTime:
    def test_is_the_servers(self, postgres_url: str) -> None:
        before = SystemClock().now()
        assert before <= read_time(postgres_url) <= SystemClock().now()

    def test_is_the_machines_on_sqlite_without_a_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        read = read_time(f"sqlite:///{tmp_path / 'none' / 'pms.db'}")
        assert abs(read - SystemClock().now()) < LEASE_TTL
        assert list(tmp_path.iterdir()) == []


class TestCommandLine:
    @pytest.mark.parametrize(("seconds", "place"), [(HOUR, "ahead of"), (-HOUR, "behind")])
    def test_takes_no_lease_and_says_why(
        self,
        pms: InstalledApp,
        simulate: Simulate,
        wrong_clock: WrongClock,
        seconds: int,
        place: str,
    ) -> None:
        pms.connect(simulate(10, start_date=pms.today))
        wrong_clock.set(seconds)
        for command in (("sync", "run", "vienna/mews"), ("doctor",)):
            assert pms.processes.run(*command, **wrong_clock.environment) == 1
        message = f"this machine's clock is 3600 s {place} the database's; set it, by NTP"
        assert pms.processes.output().count(message) == 2
        assert raw_sql.read(
            pms.container.settings.database, "SELECT fencing_number FROM connections"
        ) == [(0,)]

    def test_of_a_dead_process_leaves_a_lease_of_the_databases_time(
        self, pms: InstalledApp, simulate: Simulate, wrong_clock: WrongClock
    ) -> None:
        """Its clock is a little ahead, so it takes leases."""
        pms.connect(simulate(10, start_date=pms.today))
        wrong_clock.set(25)
        dead = pms.processes.run(
            *("after", "3", "sync", "run", "vienna/mews"),
            module="tests.faults.crash_on_commit",
            **wrong_clock.environment,
        )
        assert dead == -9
        expires_at = raw_sql.one(pms.container.settings.database, LEASE_EXPIRY)
        now = read_time(pms.container.settings.database)
        assert expires_at <= (now + LEASE_TTL).timestamp() * 1_000_000


class TestWorker:
    def test_leaves_its_jobs_to_others_until_its_clock_is_set(
        self, pms: InstalledApp, simulate: Simulate, wrong_clock: WrongClock
    ) -> None:
        pms.connect(simulate(20, start_date=pms.today))
        wrong_clock.set(HOUR)
        pms.processes.start("worker", **wrong_clock.environment)
        [line] = await_log(pms, "worker_unavailable")
        assert (line["code"], line["skew_seconds"]) == ("clock_wrong", "3600")
        pms.processes.start("scheduler")
        await_ticks_waiting(pms)
        assert raw_sql.read(pms.container.settings.database, "SELECT id FROM sync_runs") == []
        wrong_clock.set(0)
        await_run(pms, count=1)
        lines = Counter(
            line["event"]
            for event in ("worker_unavailable", "worker_available")
            for line in logged(pms, event)
        )
        assert lines == {"worker_unavailable": 1, "worker_available": 1}


class TestScheduler:
    def test_leaves_the_tick_to_others_until_its_clock_is_set(
        self, pms: InstalledApp, wrong_clock: WrongClock
    ) -> None:
        wrong_clock.set(HOUR)
        pms.processes.start("scheduler", **wrong_clock.environment)
        [line] = await_log(pms, "scheduler_unavailable")
        assert line["code"] == "clock_wrong"
        with redis.Redis.from_url(pms.container.settings.redis) as client:
            assert client.zscore(TickingScheduler.scheduled_jobs_key, TICK_ID) is None
        wrong_clock.set(0)
        await_ticks_waiting(pms)
        assert len(logged(pms, "scheduler_unavailable")) == 1
        assert len(logged(pms, "scheduler_available")) == 1


class TestRelay:
    def test_does_not_lead_until_its_clock_is_set(
        self, pms: InstalledApp, wrong_clock: WrongClock
    ) -> None:
        wrong_clock.set(-HOUR)
        pms.processes.start("relay", **wrong_clock.environment)
        [line] = await_log(pms, "relay_unavailable")
        assert line["code"] == "clock_wrong"
        database = pms.container.settings.database
        assert raw_sql.read(database, "SELECT holder FROM relay_leases") == []
        wrong_clock.set(0)
        await_log(pms, "relay_available")
        assert len(raw_sql.read(database, "SELECT holder FROM relay_leases")) == 1
        assert len(logged(pms, "relay_unavailable")) == 1


def await_ticks_waiting(pms: InstalledApp) -> None:
    with redis.Redis.from_url(pms.container.settings.redis) as client:
        wait_until(
            lambda: client.llen("rq:queue:pms-tick"), seconds=120, description="a tick that waits"
        )
