"""Opens a store: one per process and database, created after any fork."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.outbound.persistence import migrations
from adapters.outbound.persistence.engine.column_values import instant_from_micros
from adapters.outbound.persistence.engine.database_urls import (
    is_postgres,
    postgres_url,
    sqlite_path,
)
from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.engine.postgres import PostgresSession
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.engine.sqlite import SqliteSession, open_database
from adapters.outbound.persistence.engine.waits import DEFAULT_WAITS, StoreWaits
from adapters.outbound.persistence.queries.directory import StoredDirectory
from adapters.outbound.persistence.queries.stored_queries import StoredQueries
from adapters.outbound.persistence.unit_of_work import StoredUnitOfWork
from ports.system import Sealer

POOL_SIZE: Final = 10


@dataclass(frozen=True)
class Store:
    queries: StoredQueries
    _url: str
    _writing: Pool
    _reading: Pool
    _sealer: Sealer

    def unit_of_work(self) -> StoredUnitOfWork:
        return StoredUnitOfWork(self._writing, self._sealer)

    def read_time(self) -> datetime:
        """The database's clock; on SQLite the machine's."""
        with self._writing.reading() as session:
            return _read_time(session)

    def upgrade(self) -> int:
        """Upgrades the schema and returns its version."""
        return migrations.upgrade(self._url)

    def shred_deleted(self) -> None:
        """Implements ports.privacy.ShredDeleted: SQLite has overwritten what was deleted, but its
        write-ahead log still has older pages. It keeps them if a reader holds it too long."""
        if not is_postgres(self._url):
            with self._writing.reading() as session:
                session.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def directory(
        self, *, monotonic: Callable[[], float], cache_seconds: float = 0.0
    ) -> StoredDirectory:
        """See StoredDirectory; without a cache by default."""
        return StoredDirectory(
            self._reading, self._sealer, monotonic=monotonic, cache_seconds=cache_seconds
        )

    def close(self) -> None:
        self._writing.close()
        self._reading.close()


def open_store(
    database_url: str,
    *,
    sealer: Sealer,
    pool_size: int = POOL_SIZE,
    waits: StoreWaits = DEFAULT_WAITS,
) -> Store:
    """`postgresql://…` or `sqlite:///path`; connects on first use. Raises Misconfigured."""
    if is_postgres(database_url):
        url = postgres_url(database_url)
        wait_seconds = waits.free_connection_seconds
        writing = Pool(
            lambda: PostgresSession(url, waits), size=pool_size, wait_seconds=wait_seconds
        )
        return Store(StoredQueries(writing, sealer), url, writing, writing, sealer)
    path = sqlite_path(database_url)
    # One writer: threads queue for it here; SQLite would make them poll its lock.
    writing = _sqlite_pool(path, size=1, wait_seconds=waits.free_connection_seconds)
    reading = _sqlite_pool(path, size=pool_size, wait_seconds=waits.free_connection_seconds)
    return Store(StoredQueries(reading, sealer), database_url, writing, reading, sealer)


def require_database_file(database_url: str) -> None:
    """Raises Misconfigured or StoreUnavailable if the file of an SQLite database can't be opened.
    PostgreSQL is not asked: its outage ends by itself."""
    if not is_postgres(database_url):
        open_database(sqlite_path(database_url)).close()


def read_time(database_url: str) -> datetime:
    """The database's clock, over a connection of its own: for a process that forks, or holds no
    keys. SQLite's is the machine's. Raises StoreUnavailable."""
    if not is_postgres(database_url):
        with closing(sqlite3.connect(":memory:")) as connection:
            [(micros,)] = connection.execute(f"SELECT {SqliteSession.current_micros}")
        return instant_from_micros(micros)
    with closing(PostgresSession(postgres_url(database_url), DEFAULT_WAITS)) as session:
        return _read_time(session)


def _read_time(session: Session) -> datetime:
    [(micros,)] = session.rows(f"SELECT {session.current_micros}")  # constant
    return instant_from_micros(micros)


def _sqlite_pool(path: Path, *, size: int, wait_seconds: float) -> Pool:
    return Pool(lambda: SqliteSession(path), size=size, wait_seconds=wait_seconds)
