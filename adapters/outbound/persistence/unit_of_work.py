"""A unit of work: one transaction on one session of the pool."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Generic, TypeVar

from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.stores.audit import StoredAuditLog
from adapters.outbound.persistence.stores.bookings import (
    StoredAvailability,
    StoredBookings,
    StoredGuests,
)
from adapters.outbound.persistence.stores.connections import StoredConnections
from adapters.outbound.persistence.stores.credentials import StoredCredentials
from adapters.outbound.persistence.stores.erasures import StoredErasures
from adapters.outbound.persistence.stores.hotel_records import StoredRecords
from adapters.outbound.persistence.stores.hotels import StoredHotels
from adapters.outbound.persistence.stores.idempotency_keys import StoredIdempotencyKeys
from adapters.outbound.persistence.stores.inbox import StoredInbox
from adapters.outbound.persistence.stores.outbox import StoredOutbox
from adapters.outbound.persistence.stores.retentions import StoredRetentions
from adapters.outbound.persistence.stores.sealed_values import StoredSealedValues
from adapters.outbound.persistence.stores.sync_runs import StoredSyncRuns
from adapters.outbound.persistence.stores.tombstones import StoredTombstones
from adapters.outbound.persistence.stores.vendor_errors import StoredVendorErrorTexts
from ports.errors import PortError, UnitOfWorkClosed
from ports.system import Sealer

S = TypeVar("S")


class _Store(Generic[S]):
    """A store of a unit of work, on the session that it has open."""

    def __init__(self, build: Callable[[Session], S]) -> None:
        self._build = build

    def __get__(self, unit_of_work: "StoredUnitOfWork", _owner: type) -> S:
        return self._build(unit_of_work.open_session)


class _SealedStore(Generic[S]):
    """A store that seals some of its columns."""

    def __init__(self, build: Callable[[Session, Sealer], S]) -> None:
        self._build = build

    def __get__(self, unit_of_work: "StoredUnitOfWork", _owner: type) -> S:
        return self._build(unit_of_work.open_session, unit_of_work.sealer)


class StoredUnitOfWork:
    """Closed by `commit`; a block without it is rolled back."""

    hotels = _Store(StoredHotels)
    retention = _Store(StoredRetentions)
    connections = _SealedStore(StoredConnections)
    credentials = _Store(StoredCredentials)
    sync_runs = _Store(StoredSyncRuns)
    bookings = _Store(StoredBookings)
    tombstones = _Store(StoredTombstones)
    guests = _SealedStore(StoredGuests)
    availability = _Store(StoredAvailability)
    records = _Store(StoredRecords)
    inbox = _SealedStore(StoredInbox)
    outbox = _Store(StoredOutbox)
    idempotency = _Store(StoredIdempotencyKeys)
    erasures = _SealedStore(StoredErasures)
    audit_log = _Store(StoredAuditLog)
    vendor_error_texts = _SealedStore(StoredVendorErrorTexts)
    sealed_values = _SealedStore(StoredSealedValues)

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self.sealer = sealer
        self._open: Session | None = None

    def __enter__(self) -> "StoredUnitOfWork":
        session = self._pool.take()
        with ExitStack() as cleanup:
            cleanup.callback(self._pool.discard, session)
            session.begin()
            cleanup.pop_all()
        self._open = session
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is None:
            return
        session, self._open = self._open, None
        # Without a connection there is nothing to roll back: the server has done it.
        with suppress(PortError), ExitStack() as cleanup:
            cleanup.callback(self._pool.discard, session)
            session.rollback()
            cleanup.pop_all()
            self._pool.give_back(session)

    def commit(self) -> None:
        self.open_session.commit()
        session, self._open = self.open_session, None
        self._pool.give_back(session)

    @property
    def open_session(self) -> Session:
        if self._open is None:
            raise UnitOfWorkClosed
        return self._open
