"""A page of sync runs is read by one index, in its order, on SQLite too. PostgreSQL's reads are
measured in test_stored_size.py."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.engine.sqlite import SqliteSession
from adapters.outbound.persistence.queries.stored_queries import StoredQueries
from domain.hotel import Hotel
from ports.system import Sealer


class ExplainedSession(SqliteSession):
    """Explains what it selects."""

    def __init__(self, path: Path, plan: list[str]) -> None:
        super().__init__(path)
        self.plan = plan

    def select(self, query: Any) -> list[dict[str, Any]]:
        sql, parameters = self._database.get_sql_context().sql(query).query()
        self.plan += [row[3] for row in self.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        return super().select(query)


class TestPage:
    @pytest.mark.parametrize("after", [None, ("1772366400000000", "0" * 32)])
    @pytest.mark.parametrize(
        ("provider", "index"), [(None, "sync_runs_newest"), ("mews", "sync_runs_provider")]
    )
    def test_is_read_by_an_index_in_its_order(
        self,
        upgraded_sqlite_url: str,
        sealer: Sealer,
        hotel: Hotel,
        after: tuple[str, str] | None,
        provider: str | None,
        index: str,
    ) -> None:
        plan: list[str] = []
        path = Path(upgraded_sqlite_url.removeprefix("sqlite:///"))
        with closing(Pool(lambda: ExplainedSession(path, plan), size=1, wait_seconds=9)) as pool:
            queries = StoredQueries(pool, sealer)
            queries.sync_runs(hotel.id, limit=20, after=after, provider=provider)
        [step] = plan
        assert step.startswith(f"SEARCH t1 USING INDEX {index} (hotel_id=?"), step
        assert ("queued_at" in step) == (after is not None), step
