"""SQL on a test database without the product's code in between."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg


def read(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Placeholders are `%s` on both engines."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()
    with closing(_connect_to_sqlite(url)) as database:
        return database.execute(statement.replace("%s", "?"), values).fetchall()


@contextmanager
def reader(url: str) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Reads on one PostgreSQL connection: for a question that is asked often."""
    if not url.startswith("postgresql"):
        yield partial(read, url)
        return
    with psycopg.connect(url, autocommit=True) as connection:
        yield lambda statement: connection.execute(statement.encode()).fetchall()


def write(url: str, statement: str, *values: object) -> int:
    """The number of rows written."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).rowcount
    with closing(_connect_to_sqlite(url)) as database:
        row_count = database.execute(statement.replace("%s", "?"), values).rowcount
        database.commit()
        return row_count


def one(url: str, statement: str, *values: object) -> Any:
    """The first column of the only row."""
    ((value,),) = read(url, statement, *values)
    return value


def expire_all_leases(url: str) -> None:
    write(url, "UPDATE connections SET lease_expires_at = 0 WHERE lease_expires_at IS NOT NULL")


def clear_retry_delays(url: str) -> None:
    """Make everything that waits for a retry due."""
    write(url, "UPDATE inbox SET received_at = received_at - 3600000000 WHERE state = 'received'")
    write(url, "UPDATE sync_runs SET queued_at = queued_at - 3600000000")


_POSTGRES_SCHEMA = (
    """
    SELECT 'column', table_name, column_name, data_type, is_nullable, column_default, is_identity
    FROM information_schema.columns WHERE table_schema = 'public'
    """,
    """
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
)


def schema_of(url: str) -> set[tuple[Any, ...]]:
    """Every table, column, constraint and index, without the order of the columns."""
    if url.startswith("postgresql"):
        return {row for statement in _POSTGRES_SCHEMA for row in read(url, statement)}
    statements = read(url, "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(kind, name, "".join(sql.split())) for kind, name, sql in statements}


def _connect_to_sqlite(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60)
