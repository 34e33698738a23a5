"""Rule 5 at each commit: what a kill leaves behind is what was committed until then, so the
database is read after every commit, from outside."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.outbound.persistence.unit_of_work import StoredUnitOfWork
from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from domain.sync_run import SyncKind
from entrypoints.local.demo import connect_canonical
from entrypoints.processes.wsgi import build_web_app
from tests import raw_sql
from tests.faults.process_installation import booking
from tests.faults.stack_harness import StackHarness, open_stack
from tests.simulation.faults import FAULTS


@dataclass
class CommitObserver:
    """Each booking that a commit changed has a further event in the same commit, and each status
    its row of history."""

    url: str
    commits: int = 0
    changes: int = 0
    _contents: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    _events: Counter[str] = field(default_factory=Counter)

    def check(self) -> None:
        self.commits += 1
        contents = {row[0]: row[1:] for row in raw_sql.read(self.url, _CONTENTS_SQL)}
        bodies = raw_sql.read(self.url, _EVENTS_SQL)
        events = Counter(json.loads(body)["subject"] for (body,) in bodies)
        for name, content in contents.items():
            if content != self._contents.get(name):
                self.changes += 1
                assert events[name] > self._events[name], f"{name} was committed without its event"
        assert events.keys() <= contents.keys()
        statuses = raw_sql.read(self.url, _LAST_STATUSES_SQL)
        assert {name: status for name, status, *_ in statuses} == {
            name: content[0] for name, content in contents.items()
        }
        self._contents, self._events = contents, events


_CONTENTS_SQL = """
    SELECT external_id, status, arrival, departure, total_minor, document, deleted_at_source
    FROM bookings
"""
_EVENTS_SQL = "SELECT body FROM outbox WHERE type = 'pms.booking.synced'"
_LAST_STATUSES_SQL = """
    SELECT b.external_id, h.to_status FROM bookings b
    JOIN status_history h ON h.hotel_id = b.hotel_id AND h.booking_id = b.id
    WHERE NOT EXISTS (SELECT 1 FROM status_history n WHERE n.hotel_id = h.hotel_id
        AND n.booking_id = h.booking_id AND n.id > h.id)
"""


@contextmanager
def observed(url: str) -> Iterator[CommitObserver]:
    observer, commit = CommitObserver(url), StoredUnitOfWork.commit

    def observed_commit(self: StoredUnitOfWork) -> None:
        commit(self)
        observer.check()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StoredUnitOfWork, "commit", observed_commit)
        yield observer


def sync_and_push(stack: StackHarness) -> None:
    """A first sync, a delta after some activity, a reconcile, and bookings pushed in two
    versions."""
    stack.sync(SyncKind.FULL)
    stack.simulator.advance(events=8)
    stack.sync()
    stack.sync(SyncKind.RECONCILE)
    key, token = connect_canonical(stack.container, "demo")
    headers = {"X-PMS-Provider-Key": key, "Authorization": f"Bearer {token}"}
    with build_web_app(stack.container).test_client() as client:
        for version in range(2):
            bookings = [booking(f"B-{number}", version=version) for number in range(3)]
            answer = client.post("/api/pms/canonical/bookings", json=bookings, headers=headers)
            assert answer.status_code == 200


class TestEachCommit:
    def test_holds_the_events_of_its_changes(
        self, database_url: str, simulate: Callable[..., MewsSimulator], tmp_path: Path
    ) -> None:
        with (
            open_stack(database_url, tmp_path, simulate(12)) as stack,
            observed(database_url) as observer,
        ):
            sync_and_push(stack)
        assert observer.commits > 15
        assert observer.changes > 18

    def test_without_them_is_noticed(
        self, sqlite_url: str, simulate: Callable[..., MewsSimulator], tmp_path: Path
    ) -> None:
        """The events are committed by themselves, right after the change."""
        with (
            open_stack(sqlite_url, tmp_path, simulate(12)) as stack,
            FAULTS["event-outside-the-transaction"].plant(),
            observed(sqlite_url),
            pytest.raises(AssertionError, match="was committed without its event"),
        ):
            sync_and_push(stack)
