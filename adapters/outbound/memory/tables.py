"""All rows of the in-memory store, and the revision check of SQL statements."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

from domain.access import AccessToken, ProviderKey
from domain.audit import AuditEntry
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.connection import Connection
from domain.erasure import PrivacyRequest
from domain.guest import Guest
from domain.hotel import Hotel
from domain.messages import InboxItem, OutboxMessage, VendorErrorText
from domain.retention import Retention
from domain.snapshots import RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.sync_run import Lease, SyncRun
from domain.tombstone import Tombstone
from domain.values import ConnectionId, HotelId
from ports.bookings import StatusChange
from ports.errors import AlreadyExists, ConcurrentChange
from ports.system import Secrets

Identity = tuple[HotelId, str, str]
"""(hotel, provider, external id)"""
CellKey = tuple[HotelId, str, str, date]
"""(hotel, provider, room type, day)"""
Record = RoomTypeRecord | RoomRecord | RatePlanRecord
RecordKey = tuple[HotelId, str, type[Record], str]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T", date, datetime)


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """The number outlives the lease, so that the next one is higher."""

    fencing_number: int
    lease: Lease | None


@dataclass(frozen=True, slots=True)
class InMemoryOutboxRow:
    message: OutboxMessage
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InMemoryPostponedRow:
    message: OutboxMessage
    subscriber: str
    error_code: str
    retry_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class IdempotencyRow:
    fingerprint: str
    begun_at: datetime
    expires_at: datetime
    status: int | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class RetentionRow:
    retention: Retention
    next_purge_at: datetime


@dataclass(slots=True)
class Tables:
    """Rows are frozen values, so a copy of the dictionaries is a snapshot of everything."""

    hotels: dict[HotelId, Hotel] = field(default_factory=dict)
    retentions: dict[HotelId, RetentionRow] = field(default_factory=dict)
    connections: dict[ConnectionId, Connection] = field(default_factory=dict)
    secrets: dict[ConnectionId, Secrets] = field(default_factory=dict)
    leases: dict[ConnectionId, LeaseRow] = field(default_factory=dict)
    sync_runs: dict[UUID, SyncRun] = field(default_factory=dict)
    keys: dict[UUID, ProviderKey] = field(default_factory=dict)
    tokens: dict[UUID, AccessToken] = field(default_factory=dict)
    idempotency: dict[tuple[UUID, str], IdempotencyRow] = field(default_factory=dict)
    bookings: dict[Identity, Booking] = field(default_factory=dict)
    tombstones: dict[Identity, Tombstone] = field(default_factory=dict)
    history: dict[UUID, StatusChange] = field(default_factory=dict)
    guests: dict[Identity, Guest] = field(default_factory=dict)
    cells: dict[CellKey, AvailabilityCell] = field(default_factory=dict)
    records: dict[RecordKey, Record] = field(default_factory=dict)
    inbox: dict[UUID, InboxItem] = field(default_factory=dict)
    outbox: dict[UUID, InMemoryOutboxRow] = field(default_factory=dict)
    relay: dict[str, datetime] = field(default_factory=dict)
    """The relay lease's holder and expiry."""
    postponed: dict[tuple[UUID, str], InMemoryPostponedRow] = field(default_factory=dict)
    erasure_keys: dict[HotelId, bytes] = field(default_factory=dict)
    erased_identities: dict[tuple[HotelId, str], datetime] = field(default_factory=dict)
    privacy_requests: dict[UUID, PrivacyRequest] = field(default_factory=dict)
    audit_log: dict[UUID, AuditEntry] = field(default_factory=dict)
    vendor_error_texts: dict[tuple[HotelId, UUID], VendorErrorText] = field(default_factory=dict)

    def copy(self) -> "Tables":
        return Tables(**{f.name: dict(getattr(self, f.name)) for f in fields(self)})


class Revisioned(Protocol):
    @property
    def revision(self) -> int: ...


R = TypeVar("R", bound=Revisioned)


def insert(table: dict[K, V], rows: Mapping[K, V]) -> None:
    """Raises AlreadyExists, and writes nothing, if a key is stored already."""
    if table.keys() & rows.keys():
        raise AlreadyExists
    table.update(rows)


def overwrite(table: dict[K, R], keyed_rows: Sequence[tuple[K, R]]) -> None:
    """Revision 1 inserts, n overwrites only n - 1. Else, or if a row is given twice (one statement
    writes each row once), ConcurrentChange, and no write."""
    rows = dict(keyed_rows)
    if len(rows) != len(keyed_rows):
        raise ConcurrentChange("One row was given twice.")
    for key, row in rows.items():
        held = table.get(key)
        if (held.revision if held else 0) != row.revision - 1:
            raise ConcurrentChange
    table.update(rows)


def delete(table: dict[K, V], keys: Sequence[K]) -> int:
    for key in keys:
        del table[key]
    return len(keys)


def rows_by_external_id(
    table: Mapping[Identity, V], hotel_id: HotelId, provider: str, external_ids: Collection[str]
) -> dict[str, V]:
    """Each once, without unknown ones."""
    keys = ((hotel_id, provider, each) for each in dict.fromkeys(external_ids))
    return {key[2]: table[key] for key in keys if key in table}


def rows_of_provider(table: Mapping[Identity, V], hotel_id: HotelId, provider: str) -> Iterator[V]:
    return (row for key, row in table.items() if key[:2] == (hotel_id, provider))


def is_due(last: datetime | None, interval: timedelta, *, at: datetime) -> bool:
    """Whether an instant that is recorded once per interval is recorded again."""
    return last is None or at - last >= interval


def purge_each(
    table: dict[K, V],
    limits: Mapping[HotelId, T],
    age: Callable[[V], tuple[HotelId, T] | None],
    *,
    each: int,
) -> Mapping[HotelId, int]:
    """Deletes rows that are older than their hotel's limit, the oldest first, up to `each` of a
    hotel. `age`: hotel and age of a row; None: it stays."""
    aged = [(found, key) for key, row in table.items() if (found := age(row)) is not None]
    purged: Counter[HotelId] = Counter()
    for (hotel_id, since), key in sorted(aged, key=lambda row: row[0][1]):
        if hotel_id in limits and since < limits[hotel_id] and purged[hotel_id] < each:
            del table[key]
            purged[hotel_id] += 1
    return purged
