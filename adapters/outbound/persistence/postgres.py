"""PostgreSQL by psycopg 3."""

import select
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
from peewee import Insert, Model, ModelSelect
from playhouse.postgres_ext import Psycopg3Database
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import TextLoader

from adapters.outbound.persistence.failures import translated
from adapters.outbound.persistence.rows import Row
from adapters.outbound.persistence.tables import Table
from ports.errors import ConcurrentChange

M = TypeVar("M", bound=Model)

CONNECT_SECONDS: Final = 5
STATEMENT_SECONDS: Final = 30
IDLE_IN_TRANSACTION_SECONDS: Final = 60
FEW: Final = 8
"""Up to here single statements, sent together, are quicker than COPY."""

_BEGIN: Final[tuple[str, Row]] = ("BEGIN", ())
_OPTIONS: Final = (
    f"-c statement_timeout={STATEMENT_SECONDS}s"
    f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_SECONDS}s"
)


def open_database(url: str) -> Psycopg3Database:
    with translated():
        database = Psycopg3Database(
            url,
            thread_safe=False,
            autoconnect=False,
            connect_timeout=CONNECT_SECONDS,
            application_name="pms",
            options=_OPTIONS,
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )
        database.connect()
    return database


class PostgresSession:
    """What needs no answer waits (BEGIN, `later`) and goes with the next statement in one trip."""

    def __init__(self, url: str) -> None:
        self._database = open_database(url)
        self._connection: psycopg.Connection[Row] = self._database.connection()
        adapters = self._connection.adapters
        adapters.register_loader("uuid", TextLoader)
        adapters.register_loader("date", TextLoader)
        # One width for all integers: else every mix of widths is another prepared statement.
        adapters.register_dumper(int, Int8Dumper)
        self._cursor: psycopg.Cursor[Row] = self._connection.cursor()
        self._silent: psycopg.Cursor[Row] = self._connection.cursor()
        self._waiting: list[tuple[str, Row]] = []
        self._staged: set[str] = set()
        self._watch = select.poll()
        self._watch.register(self._connection.fileno(), select.POLLIN)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with translated():
            with self._together():
                self._cursor.execute(sql, parameters)
            return self._cursor.fetchall()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        with translated():
            with self._together():
                self._cursor.execute(sql, parameters)
            return self._cursor.rowcount

    def run_many(self, sql: str, parameters: Sequence[Row]) -> int:
        if len(parameters) == 1:
            return self.run(sql, parameters[0])
        with translated():
            with self._together():
                self._cursor.executemany(sql, parameters)
            return self._cursor.rowcount

    def later(self, sql: str, parameters: Sequence[Row]) -> None:
        self._waiting += [(sql, each) for each in parameters]

    @contextmanager
    def _together(self) -> Iterator[None]:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            yield
            return
        with self._connection.pipeline():
            for sql, parameters in waiting:
                self._silent.execute(sql, parameters)
            yield

    def _send_waiting(self) -> None:
        with self._together():
            pass

    def select(self, query: "ModelSelect[M]") -> list[M]:
        with translated():
            self._send_waiting()
            return list(query.execute(self._database))

    def write(self, query: Any) -> int:
        with translated():
            self._send_waiting()
            counted = query.as_rowcount() if isinstance(query, Insert) else query
            return int(counted.execute(self._database))

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if len(rows) <= FEW:
            self.run_many(table.insert, rows)
        else:
            self._copy(table.copy, rows)

    def insert_later(self, table: Table, rows: Sequence[Row]) -> None:
        if len(rows) <= FEW:
            self.later(table.insert, rows)
        else:
            self._copy(table.copy, rows)

    def overwrite(self, table: Table, rows: Sequence[Row]) -> int:
        if len(rows) <= FEW:
            return self.run_many(table.overwrite, [table.for_overwrite(row) for row in rows])
        staged = table.staged
        self.run(staged.create)
        if table.name in self._staged:
            self.run(staged.clear)
        self._staged.add(table.name)
        self._copy(staged.copy, rows)
        if self.run(staged.lock) < len(rows):
            return 0
        return self.run(staged.overwrite)

    def _copy(self, sql: str, rows: Sequence[Row]) -> None:
        with translated():
            self._send_waiting()
            with self._cursor.copy(sql) as copy:
                for row in rows:
                    copy.write_row(row)

    def among(self, column: str, kind: str) -> str:
        return f"{column} = ANY(%s::{kind}[])"

    def listing(self, values: Collection[str]) -> list[str]:
        return list(values)

    @property
    def locking(self) -> str:
        return "FOR UPDATE"

    @property
    def locking_what_is_free(self) -> str:
        return "FOR UPDATE SKIP LOCKED"

    def begin(self) -> None:
        self._staged.clear()
        self._waiting = [_BEGIN]

    def commit(self) -> None:
        # PostgreSQL answers COMMIT of a failed transaction with a silent ROLLBACK.
        if self._connection.info.transaction_status is TransactionStatus.INERROR:
            raise ConcurrentChange
        if self._waiting == [_BEGIN]:
            self._waiting = []
        else:
            self.run("COMMIT")

    def rollback(self) -> None:
        self._waiting = []
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            self.run("ROLLBACK")

    def is_alive(self) -> bool:
        """An idle connection has nothing to say, unless the server ended it."""
        if self._connection.closed or self._connection.info.transaction_status:
            return False
        return not self._watch.poll(0)

    def close(self) -> None:
        self._connection.close()
