"""What lies in the database, without any code of ours in between."""

import sqlite3
from contextlib import closing
from typing import Any

import psycopg


def read(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Placeholders are `%s` on both engines."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()
    with closing(_sqlite(url)) as lite:
        return lite.execute(statement.replace("%s", "?"), values).fetchall()


def write(url: str, statement: str, *values: object) -> int:
    """How many rows it touched."""
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).rowcount
    with closing(_sqlite(url)) as lite:
        touched = lite.execute(statement.replace("%s", "?"), values).rowcount
        lite.commit()
        return touched


def one(url: str, statement: str, *values: object) -> Any:
    """The first column of the only row."""
    ((value,),) = read(url, statement, *values)
    return value


def expire_all_leases(url: str) -> None:
    """As if the holders had been silent for as long as leases last."""
    write(url, "UPDATE connections SET lease_expires_at = 0 WHERE lease_expires_at IS NOT NULL")


def clear_retry_delays(url: str) -> None:
    """As if all that waits had waited long enough for the tick to look at it."""
    write(url, "UPDATE inbox SET received_at = received_at - 3600000000 WHERE state = 'received'")
    write(url, "UPDATE sync_runs SET queued_at = queued_at - 3600000000")


def _sqlite(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
