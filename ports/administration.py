"""Stores of hotels, connections, sync runs, credentials and idempotency keys."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Protocol
from uuid import UUID

from domain.access import AccessToken, ProviderKey
from domain.connection import Connection
from domain.hotel import Hotel
from domain.sync_run import Lease, SyncRun
from domain.values import ConnectionId, HotelId
from ports.system import Secrets


class Hotels(Protocol):
    def add(self, hotel: Hotel) -> None:
        """Raises AlreadyExists if the slug is taken."""
        ...

    def get(self, hotel_id: HotelId) -> Hotel | None: ...

    def by_slug(self, slug: str) -> Hotel | None: ...

    def all(self) -> Sequence[Hotel]:
        """By slug."""
        ...

    def set_enabled(self, hotel_id: HotelId, *, enabled: bool) -> None:
        """Does nothing for an unknown hotel."""
        ...

    def lock(self, hotel_id: HotelId) -> None:
        """Other units of work that lock this hotel wait until this one ends."""
        ...


@dataclass(frozen=True, slots=True)
class DueConnection:
    connection: Connection
    is_hotel_enabled: bool


class Connections(Protocol):
    def add(self, connection: Connection, secrets: Secrets) -> None:
        """Seals the secrets, bound to hotel and connection. Raises AlreadyExists if the hotel has a
        connection of this name."""
        ...

    def get(self, connection_id: ConnectionId) -> Connection | None: ...

    def by_key_hash(self, key_hash: str) -> Connection | None: ...

    def of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]:
        """In order of creation."""
        ...

    def of_provider(self, provider: str) -> Sequence[Connection]:
        """Of all hotels, in order of creation."""
        ...

    def lock_due(
        self, *, now: datetime, limit: int, after: ConnectionId | None = None
    ) -> Sequence[DueConnection]:
        """Active connections of all hotels with a sync or reconcile due, by id, after that one;
        locked until the unit of work ends. Without those that another one has locked."""
        ...

    def reschedule(self, connections: Sequence[Connection]) -> None:
        """Saves when they are due and `gap_seen_at`, like `save`, in one statement."""
        ...

    def save(self, connection: Connection) -> Connection:
        """Overwrites the row of this revision and returns it with the next one. Raises
        ConcurrentChange if the stored revision differs. Does not write secrets, lease,
        `last_inbound_at` and `control_applied_at`."""
        ...

    def secrets(self, connection_id: ConnectionId) -> Secrets:
        """Raises Unsealable."""
        ...

    def replace_secrets(self, connection_id: ConnectionId, secrets: Secrets) -> None: ...

    def apply_control(self, connection_id: ConnectionId, *, at: datetime) -> bool:
        """False if a later control message was applied before: this one, received at `at`, must
        have no effect. Else records it and locks out others until the unit of work ends."""
        ...

    def touch_inbound(self, connection_id: ConnectionId, *, at: datetime) -> None:
        """Records the latest push, to within ten seconds, so that a burst does not rewrite the row
        each time. Never blocks: does nothing while another transaction, such as a sync page,
        holds the connection's row."""
        ...

    def acquire_lease(
        self, connection_id: ConnectionId, holder: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        """None while another holder's lease is valid. Each grant has a higher fencing number."""
        ...

    def renew_lease(self, lease: Lease, *, until: datetime) -> Lease:
        """Raises LeaseLost if a later grant was made. Call it in every unit of work that writes
        under the lease: it locks the row until commit."""
        ...

    def release_lease(self, lease: Lease) -> None:
        """Does nothing if the lease was lost."""
        ...


@dataclass(frozen=True, slots=True)
class StuckRun:
    """A run to enqueue again."""

    hotel_id: HotelId
    id: UUID
    correlation_id: str


class SyncRuns(Protocol):
    def add(self, run: SyncRun) -> None:
        """Raises AlreadyExists if a run of this connection is QUEUED or RUNNING."""
        ...

    def add_where_idle(self, runs: Sequence[SyncRun]) -> frozenset[UUID]:
        """Adds new runs of different connections, in one statement, except where a run of the
        connection is QUEUED or RUNNING. Returns the ids of those added."""
        ...

    def get(self, run_id: UUID) -> SyncRun | None:
        """Not locked: read it after acquiring the lease before deciding by it."""
        ...

    def save(self, run: SyncRun) -> None:
        """Raises LeaseLost if the run is stored under a higher fencing number, or not at all."""
        ...

    def delete(self, run: SyncRun) -> None:
        """Does nothing if it is not stored."""
        ...

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        """Deletes ended runs that were queued before their hotel's limit, the oldest first, up to
        `each` of a hotel; returns how many of each."""
        ...

    def unfinished(self, connection_id: ConnectionId) -> Sequence[SyncRun]:
        """QUEUED or RUNNING: at most one."""
        ...

    def last_ended(self, connection: Connection) -> SyncRun | None:
        """The newest by the time it was queued."""
        ...

    def stuck(self, *, queued_before: datetime) -> Sequence[StuckRun]:
        """Runs of all hotels to enqueue again: QUEUED before, or RUNNING with an expired lease;
        the oldest first, at most one per connection."""
        ...


class Credentials(Protocol):
    def add_key(self, key: ProviderKey) -> None: ...

    def key(self, key_id: UUID) -> ProviderKey | None: ...

    def key_of_partner(self, provider: str | None, partner: str) -> ProviderKey | None: ...

    def revoke_key(self, key_id: UUID, *, at: datetime) -> None:
        """Does nothing if it is unknown or already revoked."""
        ...

    def add_token(self, token: AccessToken) -> None: ...

    def token(self, token_id: UUID) -> AccessToken | None: ...

    def tokens_of_hotel(self, hotel_id: HotelId) -> Sequence[AccessToken]:
        """Newest first."""
        ...

    def save_token(self, token: AccessToken) -> bool:
        """False, without a write, if the stored token is revoked: that is final."""
        ...

    def record_use(self, token_id: UUID, *, at: datetime) -> None:
        """Records the last use, to within a minute."""
        ...


class KeyState(StrEnum):
    """FRESH: this request holds the key now. IN_FLIGHT: another request holds it. REPLAY: it was
    answered. MISMATCH: it was used with another payload."""

    FRESH = auto()
    IN_FLIGHT = auto()
    REPLAY = auto()
    MISMATCH = auto()


@dataclass(frozen=True, slots=True)
class KeyCheck:
    state: KeyState
    status: int | None = None
    body: bytes | None = None


class IdempotencyKeys(Protocol):
    """Per token, kept 24 hours (IETF draft-ietf-httpapi-idempotency-key-header-07)."""

    def begin(
        self, token_id: UUID, key: str, *, fingerprint: str, now: datetime, expires_at: datetime
    ) -> KeyCheck:
        """Takes the key if it is free. A key whose holder died is FRESH again after a minute.
        Commit it at once."""
        ...

    def finish(self, token_id: UUID, key: str, *, status: int, body: bytes) -> None:
        """Stores the response to replay, in the transaction of the work itself."""
        ...

    def forget(self, token_id: UUID, key: str) -> None:
        """Releases the key, so that failed work can be retried under it."""
        ...

    def purge(self, *, now: datetime, limit: int) -> int: ...

    def delete_containing(self, hotel_id: HotelId, texts: Collection[bytes]) -> int:
        """Deletes the responses to this hotel's tokens that contain one of these texts."""
        ...
