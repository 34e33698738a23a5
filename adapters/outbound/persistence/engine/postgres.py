"""PostgreSQL through psycopg 3."""

import select
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

import psycopg
from peewee import Insert, ModelSelect
from playhouse.postgres_ext import Psycopg3Database
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import TextLoader

from adapters.outbound.persistence.engine.column_values import Row
from adapters.outbound.persistence.engine.driver_errors import translate_driver_errors
from adapters.outbound.persistence.engine.tables import Table
from adapters.outbound.persistence.engine.waits import StoreWaits
from ports.errors import ConcurrentChange

IDLE_IN_TRANSACTION_SECONDS: Final = 60
BATCH_THRESHOLD: Final = 8
"""Up to this number of rows, single statements in one round trip are faster than COPY."""

_BEGIN: Final[tuple[str, Row]] = ("BEGIN", ())


def open_database(url: str, waits: StoreWaits) -> Psycopg3Database:
    # A server that works ends the statement itself, before the client gives up.
    statement_milliseconds = int(waits.answer_seconds * 900)
    with translate_driver_errors():
        database = Psycopg3Database(
            url,
            thread_safe=False,
            autoconnect=False,
            connect_timeout=waits.connect_seconds,
            application_name="pms",
            options=(
                f"-c statement_timeout={statement_milliseconds}"
                f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_SECONDS}s"
            ),
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )
        database.connect()
    return database


class PostgresSession:
    """BEGIN and deferred statements are sent with the next statement, in one round trip."""

    current_micros: Final = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
    nights: Final = "(departure - arrival)"
    for_update: Final = "FOR UPDATE"
    for_update_skip_locked: Final = "FOR UPDATE SKIP LOCKED"

    def __init__(self, url: str, waits: StoreWaits) -> None:
        self._database = open_database(url, waits)
        self._connection: psycopg.Connection[Row] = self._database.connection()
        # The server's own limit never ends a statement while the server hangs.
        self._connection.wait = partial(self._connection.wait, timeout=waits.answer_seconds)
        adapters = self._connection.adapters
        adapters.register_loader("uuid", TextLoader)
        adapters.register_loader("date", TextLoader)
        # One width for all integers: each combination of widths would be prepared on its own.
        adapters.register_dumper(int, Int8Dumper)
        self._cursor: psycopg.Cursor[Row] = self._connection.cursor()
        self._deferred_cursor: psycopg.Cursor[Row] = self._connection.cursor()
        self._deferred: list[tuple[str, Row]] = []
        self._staging_tables: set[str] = set()
        self._poller = select.poll()
        self._poller.register(self._connection.fileno(), select.POLLIN)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._fetch(sql, parameters)

    def search(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        # A prepared statement gets one plan for all parameters.
        return self._fetch(sql, parameters, prepare=False)

    def _fetch(
        self, sql: str, parameters: Sequence[Any], *, prepare: bool | None = None
    ) -> list[Row]:
        with self._translate_errors():
            with self._flush_deferred():
                self._cursor.execute(sql, parameters, prepare=prepare)
            return self._cursor.fetchall()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        with self._translate_errors():
            with self._flush_deferred():
                self._cursor.execute(sql, parameters)
            return self._cursor.rowcount

    def run_many(self, sql: str, parameters: Sequence[Row]) -> int:
        if len(parameters) == 1:
            return self.run(sql, parameters[0])
        with self._translate_errors():
            with self._flush_deferred():
                self._cursor.executemany(sql, parameters)
            return self._cursor.rowcount

    def defer(self, sql: str, parameters: Sequence[Row]) -> None:
        self._deferred += [(sql, each) for each in parameters]

    def _translate_errors(self) -> AbstractContextManager[None]:
        """A connection whose server was unavailable is not used again: after a failover it would
        stay with the old, read-only server; after a time-out its answer may still come."""
        return translate_driver_errors(self._connection.close)

    @contextmanager
    def _flush_deferred(self) -> Iterator[None]:
        deferred, self._deferred = self._deferred, []
        if not deferred:
            yield
            return
        with self._connection.pipeline():
            for sql, parameters in deferred:
                self._deferred_cursor.execute(sql, parameters)
            yield

    def _send_deferred(self) -> None:
        with self._flush_deferred():
            pass

    def select(self, query: "ModelSelect[Any]") -> list[dict[str, Any]]:
        with self._translate_errors():
            self._send_deferred()
            return list(query.dicts().execute(self._database))

    def write(self, query: Any) -> int:
        with self._translate_errors():
            self._send_deferred()
            row_count = query.as_rowcount() if isinstance(query, Insert) else query
            return int(row_count.execute(self._database))

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        if len(rows) <= BATCH_THRESHOLD:
            self.run_many(table.insert, rows)
        else:
            self._copy(table.copy, rows)

    def defer_insert(self, table: Table, rows: Sequence[Row]) -> None:
        if len(rows) <= BATCH_THRESHOLD:
            self.defer(table.insert, rows)
        else:
            self._copy(table.copy, rows)

    def overwrite(self, table: Table, rows: Sequence[Row]) -> int:
        if len(rows) <= BATCH_THRESHOLD:
            return self.run_many(table.overwrite, [table.overwrite_parameters(row) for row in rows])
        staging = table.staging
        self.run(staging.create)
        if table.name in self._staging_tables:
            self.run(staging.clear)
        self._staging_tables.add(table.name)
        self._copy(staging.copy, rows)
        if self.run(staging.lock) < len(rows):
            return 0
        return self.run(staging.overwrite)

    def _copy(self, sql: str, rows: Sequence[Row]) -> None:
        with self._translate_errors():
            self._send_deferred()
            with self._cursor.copy(sql) as copy:
                for row in rows:
                    copy.write_row(row)

    def in_condition(self, column: str, kind: str) -> str:
        return f"{column} = ANY(%s::{kind}[])"

    def in_parameter(self, values: Collection[str]) -> list[str]:
        return list(values)

    def given(self, table: str, columns: Sequence[str]) -> str:  # noqa: ARG002  # it knows the table's
        return f"json_populate_recordset(CAST(NULL AS {table}), CAST(%s AS json)) AS given"

    def among(self, selection: str) -> str:
        return f"ctid = ANY(ARRAY(SELECT ctid {selection}))"

    def among_each(self, table: str, columns: Sequence[str], selection: str) -> str:
        found = f"SELECT m.ctid {selection}"
        given = self.given(table, columns)
        return f"ctid = ANY(ARRAY(SELECT ctid FROM {given} CROSS JOIN LATERAL ({found}) found))"  # noqa: S608

    def byte_length(self, column: str) -> str:
        return f"octet_length({column})"

    def lock(self, name: str, *, exclusive: bool) -> None:
        """Sent with the next statement, which sees what earlier holders have committed."""
        function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
        self.defer(f"SELECT {function}(hashtextextended(%s, 0))", [(name,)])

    def begin(self) -> None:
        self._staging_tables.clear()
        self._deferred = [_BEGIN]

    def commit(self) -> None:
        # PostgreSQL rolls back silently on COMMIT of a failed transaction.
        if self._connection.info.transaction_status is TransactionStatus.INERROR:
            raise ConcurrentChange
        if self._deferred == [_BEGIN]:
            self._deferred = []
        else:
            self.run("COMMIT")

    def rollback(self) -> None:
        self._deferred = []
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            self.run("ROLLBACK")

    def is_alive(self) -> bool:
        """Data on an idle connection means that the server has closed it."""
        if self._connection.closed or self._connection.info.transaction_status:
            return False
        return not self._poller.poll(0)

    def close(self) -> None:
        self._connection.close()
