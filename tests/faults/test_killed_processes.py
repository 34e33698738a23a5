"""Rules 4, 5 and 7 by real processes: SIGKILL at any instant loses and doubles nothing."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from adapters.outbound.providers.mews.simulator import MewsSimulator
from domain.sync import SyncStatus
from entrypoints.web_app import build_web_app
from tests.faults import raw_store
from tests.faults.installation import Installed, booking, installed
from tests.processes import eventually, kill_family

NOWHERE = "redis://127.0.0.1:1"


class TestAPush:
    def test_that_was_acknowledged_outlives_every_kill_of_the_web_server(
        self, postgres_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        source = Random(4)
        with installed(postgres_url, redis_url, tmp_path) as pms:
            pusher = pms.pusher()
            acknowledged: set[str] = set()
            for life in range(2):
                web = pms.start_web()
                sender = threading.Thread(
                    target=pusher.push_until_cut, args=(life * 10_000, acknowledged)
                )
                sender.start()
                enough = len(acknowledged) + source.randrange(20, 90)
                eventually(lambda n=enough: len(acknowledged) > n, seconds=30, what="pushes")
                kill_family(web)
                sender.join(30)
            pms.start_web()
            for external_id in pusher.unanswered:
                pusher.push(external_id)
            held = raw_store.read(postgres_url, "SELECT external_id FROM bookings")
            assert acknowledged <= {row[0] for row in held}
            assert_one_event_each(postgres_url)


class TestARelay:
    def test_that_is_killed_tells_everything_at_least_once_and_in_order(
        self, sqlite_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        with installed(sqlite_url, redis_url, tmp_path) as pms:
            tell_much(pms, bookings=300, versions=4)
            events = tmp_path / "events.jsonl"
            for lines in (37, 641):
                relay = pms.processes.start("relay", "--events-to", str(events))
                eventually(lambda n=lines: count_lines(events) > n, seconds=30, what="events")
                kill_family(relay)
                raw_store.write(sqlite_url, "UPDATE relay_leases SET expires_at = 0")
            pms.processes.start("relay", "--events-to", str(events))
            eventually(
                lambda: pms.container.store.queries.backlog()["outbox"] == 0,
                seconds=30,
                what="an empty outbox",
            )
            assert_told(sqlite_url, events)


class TestASync:
    @pytest.mark.parametrize(
        ("when", "commit"),
        [("before", 2), ("after", 2), ("before", 6), ("after", 7)],
    )
    def test_that_is_killed_at_a_commit_is_taken_up_where_it_was(
        self,
        sqlite_url: str,
        simulate: Callable[..., MewsSimulator],
        tmp_path: Path,
        when: str,
        commit: int,
    ) -> None:
        with installed(sqlite_url, NOWHERE, tmp_path) as pms:
            connection_id, _ = pms.connect(simulate(60, start_date=pms.today))
            dead = pms.processes.run(
                when, str(commit), "sync", "run", "vienna/mews", module="tests.faults.crash_at"
            )
            assert dead == -signal.SIGKILL
            run_id = UUID(raw_store.one(sqlite_url, "SELECT id FROM sync_runs"))
            begun = (when, commit) != ("before", 2)
            if begun:
                too_early = pms.container.sync_connection(run_id, holder="too early")
                assert too_early.status is SyncStatus.RUNNING
                assert (too_early.checkpoint is not None) == (commit > 3)
            raw_store.expire_leases(sqlite_url)
            run = pms.container.sync_connection(run_id, holder="second")
            assert run.status is SyncStatus.COMPLETED, run.error_code
            assert run.attempts == (2 if begun else 1)
            assert_one_event_each(sqlite_url)
            told = Counter(row[0] for row in raw_store.read(sqlite_url, "SELECT type FROM outbox"))
            assert told["pms.sync.completed"] == 1
            verified = pms.container.verify_hotel(connection_id, correlation_id="verify")
            assert (verified.drift, verified.compared > 20) == (0, True)


def assert_one_event_each(url: str) -> None:
    """Every booking was made once: one event, one row of history."""
    bookings = raw_store.one(url, "SELECT COUNT(*) FROM bookings")
    bodies = raw_store.read(url, "SELECT body FROM outbox WHERE type = 'pms.booking.synced'")
    keys = [json.loads(body)["subject"] for (body,) in bodies]
    assert len(keys) == len(set(keys)) == bookings
    assert raw_store.one(url, "SELECT COUNT(*) FROM status_history") == bookings


def assert_told(url: str, events: Path) -> None:
    told = [json.loads(line)["id"] for line in events.read_text().splitlines()]
    first = {event_id: number for number, event_id in reversed(list(enumerate(told)))}
    written = [
        json.loads(body)["id"]
        for (body,) in raw_store.read(url, "SELECT body FROM outbox ORDER BY position")
    ]
    assert set(told) == set(written)
    assert len(written) == len(set(written))
    in_order = sorted(written, key=lambda event_id: first[event_id])
    assert in_order == written


def count_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def tell_much(pms: Installed, *, bookings: int, versions: int) -> None:
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
