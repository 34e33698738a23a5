"""Schema migrations: Peewee's runner over the numbered files of this folder.

Each call is one transaction, and concurrent calls wait for each other. A schema version is the
number of the last applied migration; 0 is the empty database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from peewee import Database
from playhouse.migrations import Migration, Runner

from adapters.outbound.persistence.engine import postgres, sqlite
from adapters.outbound.persistence.engine.database_urls import (
    is_postgres,
    postgres_url,
    sqlite_path,
)
from adapters.outbound.persistence.engine.driver_errors import translate_driver_errors
from adapters.outbound.persistence.engine.waits import DEFAULT_WAITS
from ports.errors import Misconfigured

FOLDER = Path(__file__).parent
# The lock is an arbitrary constant. A migration of a large table may exceed the usual timeout.
_LOCK_STATEMENTS = ("SET LOCAL statement_timeout = 0", "SELECT pg_advisory_xact_lock(7305807021)")

_AUDITED_FROM: Final = 15
"""The first version that has all columns of the audit log."""

RecordChange: TypeAlias = Callable[[Database, int, int], object]
"""Called in the transaction, with the versions before and after."""


def upgrade(url: str, record: RecordChange | None = None) -> int:
    """Upgrades to the newest version and returns it."""
    with _locked_runner(url) as runner:
        before = _version(runner)
        runner.up()
        after = _version(runner)
        if record is not None and after != before:
            record(runner.database, before, after)
        return after


def downgrade(url: str, to: int, record: RecordChange | None = None) -> int:
    """Loses the data of dropped columns and tables, below version 13 the audit log with them.
    Raises Misconfigured for an unknown version."""
    if not 0 <= to <= newest():
        raise Misconfigured(setting="to", fix=f"0 to {newest()}")
    with _locked_runner(url) as runner:
        before = _version(runner)
        if record is not None and before > to and before >= _AUDITED_FROM:
            record(runner.database, before, to)
        while _version(runner) > to:
            runner.down()
        return _version(runner)


def current(url: str) -> int:
    with _open_database(url) as database, translate_driver_errors():
        return _version(_runner(database))


@cache
def newest() -> int:
    indexes: list[int] = [each.idx for each in Migration.load_directory(str(FOLDER))]
    return max(indexes)


@contextmanager
def _open_database(url: str) -> Iterator[Database]:
    if is_postgres(url):
        database: Database = postgres.open_database(postgres_url(url), DEFAULT_WAITS)
    else:
        database = sqlite.open_database(sqlite_path(url))
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _locked_runner(url: str) -> Iterator[Runner]:
    with _open_database(url) as database, translate_driver_errors():
        if is_postgres(url):
            with database.atomic():
                for statement in _LOCK_STATEMENTS:
                    database.execute_sql(statement)  # type: ignore[no-untyped-call]  # Peewee's stubs
                yield _runner(database)
        else:
            with database.atomic("IMMEDIATE"):
                yield _runner(database)


def _runner(database: Database) -> Runner:
    return Runner(database, str(FOLDER), table_name="schema_version")


def _version(runner: Runner) -> int:
    applied: list[int] = [each.idx for each in runner.status() if each.applied]
    return max(applied, default=0)
