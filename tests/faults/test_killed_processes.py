"""Rules 4, 5 and 7 with real processes: a SIGKILL at any time loses and repeats nothing."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from domain.sync_run import SyncStatus
from entrypoints.processes.wsgi import build_web_app
from tests import raw_sql
from tests.faults.process_installation import InstalledApp, booking, installed
from tests.processes import kill_process_tree, wait_until

UNREACHABLE_REDIS = "redis://127.0.0.1:1"


class TestPush:
    def test_acknowledged_pushes_survive_web_server_kills(
        self, postgres_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        source = Random(4)
        with installed(postgres_url, redis_url, tmp_path) as pms:
            pusher = pms.pusher()
            acknowledged: set[str] = set()
            for generation in range(2):
                web = pms.start_web()
                sender = threading.Thread(
                    target=pusher.push_until_disconnected, args=(generation * 10_000, acknowledged)
                )
                sender.start()
                enough = len(acknowledged) + source.randrange(20, 90)
                wait_until(
                    lambda n=enough: len(acknowledged) > n, seconds=120, description="pushes"
                )
                kill_process_tree(web)
                sender.join(30)
            pms.start_web()
            for external_id in pusher.unanswered:
                pusher.push(external_id)
            stored = raw_sql.read(postgres_url, "SELECT external_id FROM bookings")
            assert acknowledged <= {row[0] for row in stored}
            assert_one_event_each(postgres_url)


class TestRelay:
    def test_killed_relay_delivers_at_least_once_in_order(
        self, sqlite_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        with installed(sqlite_url, redis_url, tmp_path) as pms:
            push_many_versions(pms, bookings=300, versions=4)
            events = tmp_path / "events.jsonl"
            for lines in (37, 641):
                relay = pms.processes.start("relay", "--events-to", str(events))
                wait_until(
                    lambda n=lines: count_lines(events) > n, seconds=120, description="events"
                )
                kill_process_tree(relay)
                raw_sql.write(sqlite_url, "UPDATE relay_leases SET expires_at = 0")
            pms.processes.start("relay", "--events-to", str(events))
            wait_until(
                lambda: pms.container.store.queries.backlog()["outbox"] == 0,
                seconds=120,
                description="an empty outbox",
            )
            assert_delivered(sqlite_url, events)


class TestSyncRun:
    @pytest.mark.parametrize(
        ("when", "commit"),
        [("before", 2), ("after", 2), ("before", 6), ("after", 7)],
    )
    def test_killed_sync_resumes_at_its_checkpoint(
        self,
        sqlite_url: str,
        simulate: Callable[..., MewsSimulator],
        tmp_path: Path,
        when: str,
        commit: int,
    ) -> None:
        with installed(sqlite_url, UNREACHABLE_REDIS, tmp_path) as pms:
            connection_id, _ = pms.connect(simulate(60, start_date=pms.today))
            dead = pms.processes.run(
                when,
                str(commit),
                "sync",
                "run",
                "vienna/mews",
                module="tests.faults.crash_on_commit",
            )
            assert dead == -signal.SIGKILL
            run_id = UUID(raw_sql.one(sqlite_url, "SELECT id FROM sync_runs"))
            begun = (when, commit) != ("before", 2)
            if begun:
                leased = pms.container.sync_connection(run_id, holder="too early")
                assert leased.status is SyncStatus.RUNNING
                assert (leased.checkpoint is not None) == (commit > 3)
            raw_sql.expire_all_leases(sqlite_url)
            run = pms.container.sync_connection(run_id, holder="second")
            assert run.status is SyncStatus.COMPLETED, run.error_code
            assert run.attempts == (2 if begun else 1)
            assert_one_event_each(sqlite_url)
            event_types = Counter(
                row[0] for row in raw_sql.read(sqlite_url, "SELECT type FROM outbox")
            )
            assert event_types["pms.sync.completed"] == 1
            verified = pms.container.verify_hotel(connection_id, correlation_id="verify")
            assert (verified.drift, verified.compared > 20) == (0, True)


def assert_one_event_each(url: str) -> None:
    """Every booking was created once: one event, one row of history."""
    bookings = raw_sql.one(url, "SELECT COUNT(*) FROM bookings")
    bodies = raw_sql.read(url, "SELECT body FROM outbox WHERE type = 'pms.booking.synced'")
    keys = [json.loads(body)["subject"] for (body,) in bodies]
    assert len(keys) == len(set(keys)) == bookings
    assert raw_sql.one(url, "SELECT COUNT(*) FROM status_history") == bookings


def assert_delivered(url: str, events: Path) -> None:
    delivered = [json.loads(line)["id"] for line in events.read_text().splitlines()]
    first = {event_id: number for number, event_id in reversed(list(enumerate(delivered)))}
    written = [
        json.loads(body)["id"]
        for (body,) in raw_sql.read(url, "SELECT body FROM outbox ORDER BY position")
    ]
    assert set(delivered) == set(written)
    assert len(written) == len(set(written))
    in_order = sorted(written, key=lambda event_id: first[event_id])
    assert in_order == written


def count_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def push_many_versions(pms: InstalledApp, *, bookings: int, versions: int) -> None:
    pusher = pms.pusher()
    with build_web_app(pms.container).test_client() as client:
        for version in range(versions):
            answer = client.post(
                "/api/pms/canonical/bookings",
                json=[booking(f"B-{n}", version=version) for n in range(bookings)],
                headers={
                    "X-PMS-Provider-Key": pusher.key,
                    "Authorization": f"Bearer {pusher.token}",
                },
            )
            assert answer.status_code == 200
