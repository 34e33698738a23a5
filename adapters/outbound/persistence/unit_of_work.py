"""A unit of work: one transaction on one session of the pool."""

from contextlib import ExitStack, suppress
from types import TracebackType

from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.stores.bookings import (
    StoredAvailability,
    StoredBookings,
    StoredGuests,
)
from adapters.outbound.persistence.stores.connections import StoredConnections
from adapters.outbound.persistence.stores.credentials import StoredCredentials
from adapters.outbound.persistence.stores.hotel_records import StoredRecords
from adapters.outbound.persistence.stores.hotels import StoredHotels
from adapters.outbound.persistence.stores.idempotency_keys import StoredIdempotencyKeys
from adapters.outbound.persistence.stores.inbox import StoredInbox
from adapters.outbound.persistence.stores.outbox import StoredOutbox
from adapters.outbound.persistence.stores.sync_runs import StoredSyncRuns
from domain.errors import PmsError
from ports.errors import PortError
from ports.system import Sealer


class UnitOfWorkClosed(PmsError):
    """The unit of work is not open: it was not entered, or it is committed."""

    code = "unit_of_work_closed"


class StoredUnitOfWork:
    """Closed by `commit`; a block without it is rolled back."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer
        self._open: Session | None = None

    @property
    def hotels(self) -> StoredHotels:
        return StoredHotels(self._session)

    @property
    def connections(self) -> StoredConnections:
        return StoredConnections(self._session, self._sealer)

    @property
    def credentials(self) -> StoredCredentials:
        return StoredCredentials(self._session)

    @property
    def sync_runs(self) -> StoredSyncRuns:
        return StoredSyncRuns(self._session)

    @property
    def bookings(self) -> StoredBookings:
        return StoredBookings(self._session)

    @property
    def guests(self) -> StoredGuests:
        return StoredGuests(self._session, self._sealer)

    @property
    def availability(self) -> StoredAvailability:
        return StoredAvailability(self._session)

    @property
    def records(self) -> StoredRecords:
        return StoredRecords(self._session)

    @property
    def inbox(self) -> StoredInbox:
        return StoredInbox(self._session, self._sealer)

    @property
    def outbox(self) -> StoredOutbox:
        return StoredOutbox(self._session)

    @property
    def idempotency(self) -> StoredIdempotencyKeys:
        return StoredIdempotencyKeys(self._session)

    def __enter__(self) -> "StoredUnitOfWork":
        session = self._pool.take()
        with ExitStack() as cleanup:
            cleanup.callback(self._pool.discard, session)
            session.begin()
            cleanup.pop_all()
        self._open = session
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
        self._session.commit()
        session, self._open = self._session, None
        self._pool.give_back(session)

    @property
    def _session(self) -> Session:
        if self._open is None:
            raise UnitOfWorkClosed
        return self._open
