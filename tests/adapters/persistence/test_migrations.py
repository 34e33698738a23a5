import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import psycopg
import pytest

from adapters.outbound.persistence import migrations
from adapters.outbound.persistence.engine.database_urls import is_postgres, sqlite_path
from adapters.outbound.persistence.schema import models
from adapters.outbound.persistence.store import open_store
from domain.hotel import Hotel
from domain.status import TRANSITIONS, BookingStatus, TransitionKind
from ports.errors import Misconfigured, StoreUnavailable
from ports.system import Sealer
from tests import builders
from tests.adapters.persistence.sample_rows import fill

TABLES = {model._meta.table_name: model._meta for model in models.MODELS}


def execute(url: str, sql: str) -> list[tuple[object, ...]]:
    if is_postgres(url):
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []
    with closing(sqlite3.connect(sqlite_path(url), isolation_level=None)) as file:
        return file.execute(sql).fetchall()


def columns_of(url: str, table: str) -> dict[str, bool]:
    """By name, whether it may be null."""
    if is_postgres(url):
        sql = (
            "SELECT column_name, is_nullable = 'YES' FROM information_schema.columns "
            f"WHERE table_name = '{table}'"
        )
        return {str(name): bool(null) for name, null in execute(url, sql)}
    found = execute(url, f"PRAGMA table_info({table})")
    return {str(row[1]): not row[3] and not row[5] for row in found}


def tables_of(url: str) -> set[object]:
    if is_postgres(url):
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    else:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return {name for (name,) in execute(url, sql)}


class TestMigrations:
    def test_go_up_down_and_up_again_over_filled_tables(
        self, url: str, sealer: Sealer, hotel: Hotel
    ) -> None:
        assert migrations.current(url) == 0
        for _ in range(2):
            assert migrations.upgrade(url) == migrations.newest()
            with closing(open_store(url, sealer=sealer)) as store:
                fill(store, hotel)
                store.queries.ping()
            for table in TABLES:
                assert execute(url, f"SELECT COUNT(*) FROM {table}") != [(0,)], table
            assert migrations.downgrade(url, 0) == 0
            assert migrations.current(url) == 0

    def test_upgrade_does_nothing_the_second_time(
        self, url: str, sealer: Sealer, hotel: Hotel
    ) -> None:
        migrations.upgrade(url)
        with closing(open_store(url, sealer=sealer)) as store:
            fill(store, hotel)
            assert store.upgrade() == migrations.newest()
            with store.unit_of_work() as uow:
                assert uow.hotels.get(hotel.id) == hotel

    def test_wait_for_each_other(self, url: str) -> None:
        start = Barrier(4)

        def upgrade() -> int:
            start.wait(timeout=30)
            return migrations.upgrade(url)

        with ThreadPoolExecutor(4) as pool:
            done = [pool.submit(upgrade) for _ in range(4)]
            assert [each.result(timeout=60) for each in done] == [migrations.newest()] * 4

    def test_make_the_tables_that_the_models_describe(self, url: str) -> None:
        migrations.upgrade(url)
        assert tables_of(url) == {*TABLES, "schema_version"}
        for table, meta in TABLES.items():
            described = {field.column_name: field.null for field in meta.sorted_fields}
            assert columns_of(url, table) == described, table

    @pytest.mark.parametrize("to", [-1, 99])
    def test_refuse_versions_that_are_not_there(self, url: str, to: int) -> None:
        with pytest.raises(Misconfigured):
            migrations.downgrade(url, to)


class TestPing:
    def test_misses_the_schema(self, url: str, sealer: Sealer) -> None:
        with (
            closing(open_store(url, sealer=sealer)) as store,
            pytest.raises(StoreUnavailable) as caught,
        ):
            store.queries.ping()
        assert caught.value.details["reason"] == "no_schema"

    def test_misses_the_newest_version(self, url: str, sealer: Sealer) -> None:
        migrations.upgrade(url)
        execute(url, "DELETE FROM schema_version")
        with (
            closing(open_store(url, sealer=sealer)) as store,
            pytest.raises(StoreUnavailable) as caught,
        ):
            store.queries.ping()
        assert caught.value.details["reason"] == "old_schema"


class TestTheStatusCheck:
    def test_takes_what_the_transition_table_has_and_nothing_else(self, url: str) -> None:
        migrations.upgrade(url)
        states: list[BookingStatus | None] = [None, *BookingStatus]
        taken = {
            (source, target, kind)
            for source in states
            for target in BookingStatus
            for kind in TransitionKind
            if _is_taken(url, source, target, kind)
        }
        created = {(None, target, TransitionKind.CREATED) for target in BookingStatus}
        # A reconcile records what is otherwise refused as a correction.
        steps = {
            (*pair, TransitionKind.CORRECTION if kind is TransitionKind.REFUSED else kind)
            for pair, kind in TRANSITIONS.items()
        }
        assert taken == created | steps


def _is_taken(
    url: str, source: BookingStatus | None, target: BookingStatus, kind: TransitionKind
) -> bool:
    said = "NULL" if source is None else f"'{source}'"
    some = "'00000000-0000-0000-0000-000000000001'"
    own = f"'{builders.new_id()}'"
    try:
        execute(
            url,
            f"INSERT INTO status_history VALUES ({some}, {some}, {own}, {said}, '{target}', "
            f"'{kind}', 1, 0, 'r', 1)",
        )
    except (sqlite3.IntegrityError, psycopg.errors.CheckViolation):
        return False
    return True
