import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import psycopg
import pytest

from adapters.outbound.persistence import migrations
from adapters.outbound.persistence.engine.database_urls import is_postgres
from adapters.outbound.persistence.schema import models, tables
from adapters.outbound.persistence.store import open_store
from domain.hotel import Hotel
from domain.messages import InboxState, ItemKind
from domain.status import TRANSITIONS, BookingStatus, TransitionKind
from ports.errors import Misconfigured, StoreUnavailable
from ports.system import Sealer
from tests import builders, raw_sql
from tests.adapters.persistence.sample_rows import fill

MODEL_TYPES = {
    "BIGINT": "bigint",
    "BLOB": "bytea",
    "BOOL": "boolean",
    "INT": "integer",
    "TEXT": "text",
    "UUID": "uuid",
}
MODEL_COLUMNS = {
    model._meta.table_name: {
        field.column_name: (MODEL_TYPES[field.field_type], field.null)
        for field in model._meta.sorted_fields
    }
    for model in models.MODELS
}
TABLE_COLUMNS = {
    table.name: {
        column: (kind.removesuffix(" null"), kind.endswith(" null"))
        for column, kind in table.column_types.items()
    }
    for table in tables.TABLES
}
TABLES = MODEL_COLUMNS | TABLE_COLUMNS
"""By table and column: type, and whether it may be null."""

UPGRADE_UNDER_ANOTHER_DOMAIN = """
import sys
from enum import StrEnum
from domain import connection, messages, status, sync_run
from adapters.outbound.persistence.schema import models, tables

status.BookingStatus = StrEnum("BookingStatus", ["WAITLISTED"])
status.TRANSITIONS = {}
connection.ConnectionState = StrEnum("ConnectionState", ["asleep"])
sync_run.SyncStatus = StrEnum("SyncStatus", ["LOST"])
messages.InboxState = StrEnum("InboxState", ["new"])
for model in models.MODELS:
    model._meta.table_name += "_changed"
models.MODELS = ()
tables.TABLES = ()

from adapters.outbound.persistence import migrations

migrations.upgrade(sys.argv[1])
"""

POSTGRES_TYPES = {"bigserial": "bigint"}
SQLITE_TYPES = {"bigserial": "integer", "bytea": "blob", "date": "text", "uuid": "text"}


def stored_columns(url: str, table: str) -> dict[str, tuple[str, bool]]:
    """By name: type, and whether it may be null."""
    if is_postgres(url):
        rows = raw_sql.read(
            url,
            "SELECT column_name, data_type, is_nullable = 'YES' "
            "FROM information_schema.columns WHERE table_name = %s",
            table,
        )
        return {name: (kind, nullable) for name, kind, nullable in rows}
    rows = raw_sql.read(url, f"PRAGMA table_info({table})")
    return {
        name: (kind.lower(), not required and not key) for _, name, kind, required, _, key in rows
    }


def stored_tables(url: str) -> set[str]:
    if is_postgres(url):
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    else:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"
    return {name for (name,) in raw_sql.read(url, sql)}


class TestMigrations:
    def test_run_up_down_and_up_again_over_filled_tables(
        self, url: str, sealer: Sealer, hotel: Hotel
    ) -> None:
        assert migrations.current(url) == 0
        for _ in range(2):
            assert migrations.upgrade(url) == migrations.newest()
            with closing(open_store(url, sealer=sealer)) as store:
                fill(store, hotel)
                store.queries.ping()
            for table in TABLES:
                assert raw_sql.one(url, f"SELECT COUNT(*) FROM {table}") > 0, table
            assert migrations.downgrade(url, 0) == 0
            assert migrations.current(url) == 0

    def test_restore_the_same_schema_after_each_downgrade(self, url: str) -> None:
        migrations.upgrade(url)
        expected = raw_sql.schema_of(url)
        for version in range(migrations.newest()):
            migrations.downgrade(url, version)
            migrations.upgrade(url)
            assert raw_sql.schema_of(url) == expected, version

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
            upgrades = [pool.submit(upgrade) for _ in range(4)]
            assert [each.result(timeout=60) for each in upgrades] == [migrations.newest()] * 4

    @pytest.mark.parametrize("to", [-1, 99])
    def test_reject_unknown_versions(self, url: str, to: int) -> None:
        with pytest.raises(Misconfigured):
            migrations.downgrade(url, to)


class TestSchema:
    def test_does_not_depend_on_the_domain(self, url: str) -> None:
        subprocess.run(
            [sys.executable, "-c", UPGRADE_UNDER_ANOTHER_DOMAIN, url], check=True, timeout=120
        )
        found = raw_sql.schema_of(url)
        migrations.downgrade(url, 0)
        migrations.upgrade(url)
        assert found == raw_sql.schema_of(url)

    def test_has_the_columns_of_the_models(self, url: str) -> None:
        """If this fails after a change of the models: write a migration."""
        migrations.upgrade(url)
        assert stored_tables(url) == {*TABLES, "schema_version"}
        types = POSTGRES_TYPES if is_postgres(url) else SQLITE_TYPES
        for table, columns in TABLES.items():
            expected = {
                name: (types.get(kind, kind), nullable)
                for name, (kind, nullable) in columns.items()
            }
            assert stored_columns(url, table) == expected, table


class TestDeduplicationKeys:
    """Until version 3 a processed notification had its key in `external_id`."""

    KEY = "d" * 64

    def test_move_to_their_column_and_back(self, url: str, sealer: Sealer, hotel: Hotel) -> None:
        connection = builders.connection(hotel)
        notification: dict[str, object] = {"kind": ItemKind.NOTIFICATION, "state": InboxState.DONE}
        rows: dict[str, dict[str, object]] = {
            "processed": notification | {"dedup_key": self.KEY},
            "forwarded": notification | {"external_id": "B1"},
            "booking": {"state": InboxState.DONE, "external_id": "x" * 64},
            "waiting": {"kind": ItemKind.NOTIFICATION},
        }
        items = [
            builders.inbox_item(connection, fingerprint=name, **fields)
            for name, fields in rows.items()
        ]
        migrations.upgrade(url)
        with closing(open_store(url, sealer=sealer)) as store:
            with store.unit_of_work() as uow:
                uow.inbox.add(items)
                uow.commit()
            migrations.downgrade(url, 3)
            external_ids = {
                name: raw_sql.one(url, "SELECT external_id FROM inbox WHERE fingerprint = %s", name)
                for name in rows
            }
            assert external_ids == {
                "processed": self.KEY,
                "forwarded": "B1",
                "booking": "x" * 64,
                "waiting": None,
            }
            migrations.upgrade(url)
            with store.unit_of_work() as uow:
                stored = uow.inbox.load(hotel.id, [item.id for item in items])
            assert stored == {item.id: item for item in items}


class TestPing:
    def test_reports_a_missing_schema(self, url: str, sealer: Sealer) -> None:
        assert self._unavailable_reason(url, sealer) == "schema_missing"

    def test_reports_an_outdated_schema(self, url: str, sealer: Sealer) -> None:
        migrations.upgrade(url)
        raw_sql.write(url, "DELETE FROM schema_version")
        assert self._unavailable_reason(url, sealer) == "schema_outdated"

    @staticmethod
    def _unavailable_reason(url: str, sealer: Sealer) -> object:
        with (
            closing(open_store(url, sealer=sealer)) as store,
            pytest.raises(StoreUnavailable) as caught,
        ):
            store.queries.ping()
        return caught.value.details["reason"]


class TestStatusCheck:
    def test_accepts_exactly_the_transition_table(self, url: str) -> None:
        """If this fails after a change of the table: write a migration that replaces the check."""
        migrations.upgrade(url)
        sources: list[BookingStatus | None] = [None, *BookingStatus]
        accepted = {
            (source, target, kind)
            for source in sources
            for target in BookingStatus
            for kind in TransitionKind
            if _is_accepted(url, source, target, kind)
        }
        created = {(None, target, TransitionKind.CREATED) for target in BookingStatus}
        # A reconcile records a refused transition as a correction.
        transitions = {
            (*pair, TransitionKind.CORRECTION if kind is TransitionKind.REFUSED else kind)
            for pair, kind in TRANSITIONS.items()
        }
        assert accepted == created | transitions


def _is_accepted(
    url: str, source: BookingStatus | None, target: BookingStatus, kind: TransitionKind
) -> bool:
    some_id = "00000000-0000-0000-0000-000000000001"
    values = (some_id, some_id, str(builders.new_id()), source, target, kind, 1, 0, "r", 1)
    placeholders = ", ".join(["%s"] * len(values))
    try:
        raw_sql.write(url, f"INSERT INTO status_history VALUES ({placeholders})", *values)
    except (sqlite3.IntegrityError, psycopg.errors.CheckViolation):
        return False
    return True
