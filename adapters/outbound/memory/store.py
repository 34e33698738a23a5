"""The in-memory store: one transaction at a time, with rollback, like the SQL store."""

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from adapters.outbound.memory.administration import (
    InMemoryConnections,
    InMemoryHotels,
    InMemorySyncRuns,
)
from adapters.outbound.memory.audit import InMemoryAuditLog
from adapters.outbound.memory.bookings import (
    InMemoryAvailability,
    InMemoryBookings,
    InMemoryGuests,
    InMemoryRecords,
    InMemoryTombstones,
)
from adapters.outbound.memory.credentials import InMemoryCredentials, InMemoryIdempotencyKeys
from adapters.outbound.memory.directory import InMemoryDirectory
from adapters.outbound.memory.erasures import InMemoryErasures
from adapters.outbound.memory.messages import InMemoryInbox, InMemoryOutbox
from adapters.outbound.memory.queries import InMemoryQueries
from adapters.outbound.memory.retentions import InMemoryRetentions
from adapters.outbound.memory.sealed_values import InMemorySealedValues
from adapters.outbound.memory.tables import Tables
from adapters.outbound.memory.vendor_errors import InMemoryVendorErrorTexts
from ports.errors import StoreUnavailable, UnitOfWorkClosed

S = TypeVar("S")

_WAIT_SECONDS: Final = 30.0


class IoInsideTransaction(AssertionError):
    """A network call was made while this thread had a unit of work open."""


class InMemoryStore:
    """Values are frozen, so reads need no copies; `queries` see committed data only."""

    def __init__(self) -> None:
        self._committed = Tables()
        self._lock = threading.Lock()
        self._writer: int | None = None
        self._next_commit_fails: Exception | None = None
        self.queries = InMemoryQueries(lambda: self._committed)
        self.directory = InMemoryDirectory(lambda: self._committed)

    def unit_of_work(self) -> "InMemoryUnitOfWork":
        return InMemoryUnitOfWork(self)

    def shred_deleted(self) -> None:
        """Nothing is left of deleted values."""

    def close(self) -> None:
        """Nothing to release."""

    def fail_next_commit(self, error: Exception) -> None:
        """The next commit raises this error and rolls back."""
        self._next_commit_fails = error

    def forbid_io(self) -> None:
        """Called by scripted providers and queues. Raises IoInsideTransaction."""
        if self._writer == threading.get_ident():
            raise IoInsideTransaction

    def begin(self) -> Tables:
        """A copy to work on, under the lock until `end`."""
        if self._writer == threading.get_ident():
            raise StoreUnavailable("This thread already has an open unit of work.")
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            raise StoreUnavailable("Another unit of work stays open.")
        self._writer = threading.get_ident()
        return self._committed.copy()

    def commit(self, tables: Tables) -> None:
        error, self._next_commit_fails = self._next_commit_fails, None
        if error is not None:
            raise error
        self._committed = tables

    def end(self) -> None:
        self._writer = None
        self._lock.release()


class _Store(Generic[S]):
    """A store of a unit of work, over the tables that it has open."""

    def __init__(self, build: Callable[[Tables], S]) -> None:
        self._build = build

    def __get__(self, unit_of_work: "InMemoryUnitOfWork", _owner: type) -> S:
        return self._build(unit_of_work.open_tables)


class InMemoryUnitOfWork:
    """Cannot be used after `commit`."""

    hotels = _Store(InMemoryHotels)
    retention = _Store(InMemoryRetentions)
    connections = _Store(InMemoryConnections)
    credentials = _Store(InMemoryCredentials)
    sync_runs = _Store(InMemorySyncRuns)
    bookings = _Store(InMemoryBookings)
    tombstones = _Store(InMemoryTombstones)
    guests = _Store(InMemoryGuests)
    availability = _Store(InMemoryAvailability)
    records = _Store(InMemoryRecords)
    inbox = _Store(InMemoryInbox)
    outbox = _Store(InMemoryOutbox)
    idempotency = _Store(InMemoryIdempotencyKeys)
    erasures = _Store(InMemoryErasures)
    audit_log = _Store(InMemoryAuditLog)
    vendor_error_texts = _Store(InMemoryVendorErrorTexts)
    sealed_values = _Store(InMemorySealedValues)

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self._open: Tables | None = None

    def __enter__(self) -> "InMemoryUnitOfWork":
        self._open = self._store.begin()
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open = None
            self._store.end()

    def commit(self) -> None:
        self._store.commit(self.open_tables)
        self._open = None
        self._store.end()

    @property
    def open_tables(self) -> Tables:
        if self._open is None:
            raise UnitOfWorkClosed
        return self._open
