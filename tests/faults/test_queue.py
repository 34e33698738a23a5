"""RQ end to end: `pms scheduler` and `pms worker` on a real Valkey."""

import json
import zlib
from contextlib import closing
from dataclasses import replace

import pytest
import redis

from adapters.outbound.jobs.rq_queue import RqJobQueue
from domain.sync_run import SyncKind
from entrypoints.processes.wsgi import build_web_app
from tests import raw_sql
from tests.faults.process_installation import InstalledApp, Simulate
from tests.faults.stack_harness import serve_app
from tests.faults.test_outages import await_run
from tests.processes import kill_process_tree, wait_until
from tests.simulator_control import clear_faults, inject_faults


def dump_redis(url: str) -> bytes:
    """All keys and values of a Valkey."""
    with redis.Redis.from_url(url) as client:
        found = [key + b"=" + (client.dump(key) or b"") for key in client.scan_iter("*")]
        for key in client.scan_iter("rq:job:*"):
            if client.type(key) == b"hash":
                found += [b"%s:%s" % pair for pair in client.hgetall(key).items()]
    return b"\n".join(found)


def queued_functions(url: str) -> list[str]:
    with redis.Redis.from_url(url) as client:
        jobs = [client.hget(key, "data") for key in client.scan_iter("rq:job:*")]
    return [json.loads(zlib.decompress(data))[0] for data in jobs if data]


class TestTick:
    def test_runs_due_syncs(self, simulate: Simulate, pms: InstalledApp) -> None:
        connection_id, _ = pms.connect(simulate(60, start_date=pms.today))
        pms.processes.start("scheduler")
        pms.processes.start("worker")
        await_run(pms, count=1)
        report = pms.container.verify_hotel(connection_id, correlation_id="verify")
        assert (report.drift, report.compared > 20) == (0, True)


class TestRedisContents:
    def test_are_ids_only(self, redis_url: str, simulate: Simulate, pms: InstalledApp) -> None:
        pusher = pms.pusher()
        simulator = simulate(40, start_date=pms.today)
        _, path = pms.connect(simulator)
        with serve_app(build_web_app(pms.container)) as url:
            pusher.port = int(url.rpartition(":")[2])
            assert pusher.push("B-planted", Prefer="respond-async") == 202
            event = {"Discriminator": "ServiceOrderUpdated", "Value": {"Id": "planted-order"}}
            message = {"EnterpriseId": simulator.catalog.enterprise_id, "Events": [event]}
            assert pusher.post(path, message)[0] == 200
        pms.processes.start("scheduler")
        wait_until(
            lambda: b"rq:job:pms-tick" in dump_redis(redis_url),
            seconds=120,
            description="a tick",
        )
        pms.container.jobs.tick()
        stored_values = dump_redis(redis_url)
        for kind in (b"rq:job:connection_inbox-", b"rq:job:sync-"):
            assert kind in stored_values
        secrets = (pusher.token, pusher.key, path.rpartition("/")[2])
        for planted in ("planted", "Planted", simulator.credentials.access_token, *secrets):
            assert planted.encode() not in stored_values


class TestUpgrade:
    def test_worker_runs_a_job_that_version_0_1_queued(
        self, redis_url: str, simulate: Simulate, pms: InstalledApp
    ) -> None:
        connection_id, _ = pms.connect(simulate(20, start_date=pms.today))
        queue = RqJobQueue(
            redis.Redis.from_url(redis_url), function="entrypoints.worker_jobs.run_job"
        )
        with closing(replace(pms.container, queue_override=queue)) as old:
            old.request_sync(connection_id, SyncKind.FULL, correlation_id="upgrade")
        assert "entrypoints.worker_jobs.run_job" in queued_functions(redis_url)
        pms.processes.start("worker")
        await_run(pms, count=1)


class TestWorker:
    @pytest.mark.parametrize("forgotten", [True, pytest.param(False, marks=pytest.mark.slow)])
    def test_run_of_a_killed_worker_is_resumed(
        self,
        sqlite_url: str,
        redis_url: str,
        simulate: Simulate,
        pms: InstalledApp,
        forgotten: bool,
    ) -> None:
        """If Valkey still has the dead worker's job, RQ resumes it after 73 s."""
        simulator = simulate(60, start_date=pms.today)
        pms.connect(simulator)
        inject_faults(simulator, "stall,seconds=20,path=reservations")
        pms.processes.start("scheduler")
        worker = pms.processes.start("worker")
        wait_until(lambda: is_running(pms), seconds=120, description="a running sync")
        kill_process_tree(worker)
        clear_faults(simulator)
        if forgotten:
            with redis.Redis.from_url(redis_url) as client:
                client.flushall()
        raw_sql.expire_all_leases(sqlite_url)
        raw_sql.clear_retry_delays(sqlite_url)
        pms.processes.start("worker")
        await_finished(pms, seconds=120 if forgotten else 300)
        assert raw_sql.read(sqlite_url, "SELECT status, attempts FROM sync_runs") == [
            ("COMPLETED", 2)
        ]


def is_running(pms: InstalledApp) -> bool:
    rows = raw_sql.read(pms.container.settings.database, "SELECT status, pages FROM sync_runs")
    return any(status == "RUNNING" and pages > 0 for status, pages in rows)


def await_finished(pms: InstalledApp, *, seconds: float) -> None:
    statement = "SELECT COUNT(*) FROM sync_runs WHERE finished_at IS NOT NULL"
    wait_until(
        lambda: raw_sql.one(pms.container.settings.database, statement) == 1,
        seconds=seconds,
        description="a finished run",
    )
