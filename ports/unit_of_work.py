"""One transaction over all stores; no network call inside."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, TypeAlias

from ports.administration import Connections, Credentials, Hotels, IdempotencyKeys, SyncRuns
from ports.audit import AuditLog
from ports.bookings import AvailabilityStore, BookingStore, GuestStore, RecordStore, TombstoneStore
from ports.messages import Inbox, Outbox
from ports.privacy import Erasures
from ports.retention import Retentions
from ports.sealing import SealedValues
from ports.vendor_errors import VendorErrorTexts


class UnitOfWork(Protocol):
    """Leaving the block without `commit` rolls everything back. A failed commit raises
    (StoreUnavailable or ConcurrentChange), it is never silent."""

    @property
    def hotels(self) -> Hotels: ...
    @property
    def retention(self) -> Retentions: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def sync_runs(self) -> SyncRuns: ...
    @property
    def bookings(self) -> BookingStore: ...
    @property
    def tombstones(self) -> TombstoneStore: ...
    @property
    def guests(self) -> GuestStore: ...
    @property
    def availability(self) -> AvailabilityStore: ...
    @property
    def records(self) -> RecordStore: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def idempotency(self) -> IdempotencyKeys: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def audit_log(self) -> AuditLog: ...
    @property
    def vendor_error_texts(self) -> VendorErrorTexts: ...
    @property
    def sealed_values(self) -> SealedValues: ...

    def __enter__(self) -> "UnitOfWork": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def commit(self) -> None: ...


UnitOfWorkFactory: TypeAlias = Callable[[], UnitOfWork]
"""Each call returns a new one for one thread, to be entered with `with`."""
