"""SQLite finds what it purges by an index too."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from adapters.outbound.persistence.engine.column_values import Row
from adapters.outbound.persistence.engine.sqlite import SqliteSession
from adapters.outbound.persistence.stores.bookings import StoredBookings
from adapters.outbound.persistence.stores.inbox import StoredInbox
from adapters.outbound.persistence.stores.outbox import StoredOutbox
from adapters.outbound.persistence.stores.sync_runs import StoredSyncRuns
from ports.system import Sealer

LIMITS: Final = {UUID(int=n): datetime(2026, 3, 1, tzinfo=UTC) for n in (1, 2)}
Purge = Callable[[SqliteSession, Sealer], object]
PURGES: Final[dict[str, Purge]] = {
    "sync_runs_newest": lambda s, _: StoredSyncRuns(s).purge(LIMITS, each=9),
    "bookings_arrival": lambda s, _: StoredBookings(s).purge(LIMITS, each=9),
    "status_history_age": lambda s, _: StoredBookings(s).purge_history(LIMITS, each=9),
    "inbox_done": lambda s, sealer: StoredInbox(s, sealer).purge(LIMITS, each=9),
    "outbox_delivered": lambda s, _: StoredOutbox(s).purge(LIMITS, each=9),
}


class ExplainedSession(SqliteSession):
    """Explains what it runs."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.plan: list[str] = []

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self.plan += [row[3] for row in super().rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        return []


class TestPurge:
    @pytest.mark.parametrize("index", PURGES)
    def test_searches_by_hotel_and_age(
        self, upgraded_sqlite_url: str, sealer: Sealer, index: str
    ) -> None:
        path = Path(upgraded_sqlite_url.removeprefix("sqlite:///"))
        with closing(ExplainedSession(path)) as session:
            PURGES[index](session, sealer)
            plan = session.plan
        assert [step for step in plan if step.startswith("SCAN") and "json_each" not in step] == []
        assert any(f"INDEX {index} (hotel_id=? AND " in step for step in plan), plan
