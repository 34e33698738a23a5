"""SQLite in write-ahead mode: one writer at a time, readers never wait."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, Final

from peewee import Insert, ModelSelect, OperationalError, SqliteDatabase

from adapters.outbound.persistence.engine.column_values import Row, json_text
from adapters.outbound.persistence.engine.driver_errors import translate_driver_errors
from adapters.outbound.persistence.engine.tables import Table
from adapters.outbound.private_files import create_private
from ports.errors import ConcurrentChange, Misconfigured, PortError

BUSY_SECONDS: Final = 15
_PAUSE: Final = Event()
"""Never set; waiting for it is a pause."""

PRAGMAS: Final[dict[str, str | int]] = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -16_000,
    "temp_store": "memory",
    "secure_delete": 1,
}


def open_database(path: Path) -> SqliteDatabase:
    _create_folder(path.parent)
    _create_file(path)
    with translate_driver_errors():
        database = SqliteDatabase(
            str(path),
            pragmas=PRAGMAS,
            timeout=BUSY_SECONDS,
            thread_safe=False,
            autoconnect=False,
            check_same_thread=False,
            cached_statements=256,
        )
        _connect(database)
    return database


def _create_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"PMS_DATABASE_URL: the folder {folder} can't be created: {reason}"
        raise Misconfigured(message) from error


def _create_file(path: Path) -> None:
    """SQLite would create it with the umask's rights; those of its log are the file's. An error is
    SQLite's to report."""
    with suppress(OSError):
        create_private(path)


def _connect(database: SqliteDatabase) -> None:
    """Retries while another process switches a new file to write-ahead mode: SQLite then fails at
    once, without its busy timeout."""
    deadline = monotonic() + BUSY_SECONDS
    while True:
        try:
            database.connect()
        except OperationalError as error:
            if "locked" not in str(error) or monotonic() > deadline:
                raise
            _PAUSE.wait(0.02)
        else:
            return


@cache
def _with_qmark_placeholders(sql: str) -> str:
    return sql.replace("%s", "?")


class SqliteSession:
    """Locks no rows: a transaction that began IMMEDIATE is the only writer."""

    current_micros: Final = (
        "CAST(round((julianday('now') - 2440587.5) * 86400000) AS integer) * 1000"
    )
    nights: Final = "(julianday(departure) - julianday(arrival))"
    for_update: Final = ""
    for_update_skip_locked: Final = ""

    def __init__(self, path: Path) -> None:
        self._database = open_database(path)
        self._connection: sqlite3.Connection = self._database.connection()  # type: ignore[no-untyped-call]  # as Peewee's stubs have it
        self._failed = False

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._execute(sql, parameters).fetchall()

    def search(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        return self._execute(sql, parameters).fetchall()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return self._execute(sql, parameters).rowcount

    def run_many(self, sql: str, parameters: Sequence[Row]) -> int:
        with self._noting_failure():
            return self._connection.executemany(_with_qmark_placeholders(sql), parameters).rowcount

    def defer(self, sql: str, parameters: Sequence[Row]) -> None:
        self.run_many(sql, parameters)

    def select(self, query: "ModelSelect[Any]") -> list[dict[str, Any]]:
        with translate_driver_errors():
            return list(query.dicts().execute(self._database))

    def write(self, query: Any) -> int:
        with self._noting_failure():
            row_count = query.as_rowcount() if isinstance(query, Insert) else query
            return int(row_count.execute(self._database))

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        self.run_many(table.insert, rows)

    def defer_insert(self, table: Table, rows: Sequence[Row]) -> None:
        self.insert(table, rows)

    def overwrite(self, table: Table, rows: Sequence[Row]) -> int:
        return self.run_many(table.overwrite, [table.overwrite_parameters(row) for row in rows])

    def _execute(self, sql: str, parameters: Sequence[Any]) -> sqlite3.Cursor:
        with self._noting_failure():
            return self._connection.execute(_with_qmark_placeholders(sql), parameters)

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            with translate_driver_errors():
                yield
        except PortError:
            self._failed = True
            raise

    def in_condition(self, column: str, kind: str) -> str:  # noqa: ARG002  # PostgreSQL needs the type
        return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608  # a column of the schema

    def in_parameter(self, values: Collection[str]) -> str:
        return json_text(list(values))

    def given(self, table: str, columns: Sequence[str]) -> str:  # noqa: ARG002  # PostgreSQL needs it
        values = ", ".join(f"json_extract(value, '$.{column}') AS {column}" for column in columns)
        return f"(SELECT {values} FROM json_each(%s)) AS given"  # noqa: S608  # columns of the schema

    def among(self, selection: str) -> str:
        return f"rowid IN (SELECT rowid {selection})"

    def among_each(self, table: str, columns: Sequence[str], selection: str) -> str:
        found = f"old.rowid IN (SELECT m.rowid {selection})"
        given = self.given(table, columns)
        return f"rowid IN (SELECT old.rowid FROM {given} JOIN {table} old ON {found})"  # noqa: S608

    def byte_length(self, column: str) -> str:
        return f"length(CAST({column} AS blob))"

    def lock(self, name: str, *, exclusive: bool) -> None:
        """Nothing to do: the transaction is the only writer."""

    def begin(self) -> None:
        self._failed = False
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """As on PostgreSQL, a transaction with a failed statement is not committed."""
        if self._failed:
            raise ConcurrentChange
        self.run("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self.run("ROLLBACK")

    def is_alive(self) -> bool:
        return not self._connection.in_transaction

    def close(self) -> None:
        self._connection.close()
