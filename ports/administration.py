"""Hotels, connections, sync runs, credentials, idempotency keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
        """Raises AlreadyExists for a slug that is taken."""
        ...

    def get(self, hotel_id: HotelId) -> Hotel | None: ...

    def by_slug(self, slug: str) -> Hotel | None: ...

    def all(self) -> Sequence[Hotel]:
        """By slug."""
        ...

    def set_enabled(self, hotel_id: HotelId, *, enabled: bool) -> None:
        """Does nothing for an unknown hotel."""
        ...


class Connections(Protocol):
    def add(self, connection: Connection, secrets: Secrets) -> None:
        """Seals the secrets, bound to hotel and connection. Raises AlreadyExists for a name that
        the hotel has already."""
        ...

    def get(self, connection_id: ConnectionId) -> Connection | None: ...

    def by_key_hash(self, key_hash: str) -> Connection | None: ...

    def of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]:
        """In order of creation."""
        ...

    def of_provider(self, provider: str) -> Sequence[Connection]:
        """All hotels', in order of creation."""
        ...

    def due(self, *, now: datetime, limit: int) -> Sequence[Connection]:
        """Active ones with a sync or reconcile due, the longest overdue first; all hotels."""
        ...

    def save(self, connection: Connection) -> Connection:
        """Overwrites if the revision still stands, and returns it with the next one; raises
        ConcurrentChange otherwise. Leaves secrets, lease and `last_inbound_at` alone."""
        ...

    def secrets(self, connection_id: ConnectionId) -> Secrets:
        """Raises Unsealable."""
        ...

    def replace_secrets(self, connection_id: ConnectionId, secrets: Secrets) -> None: ...

    def apply_control(self, connection_id: ConnectionId, *, at: datetime) -> bool:
        """Whether an order that came at this instant still counts: False where a later one was
        obeyed. Remembers it otherwise, and keeps others waiting until the end of the unit of
        work."""
        ...

    def touch_inbound(self, connection_id: ConnectionId, *, at: datetime) -> None:
        """Remembers the latest push, to within ten seconds (so that a burst does not write one
        row again and again). Waits for nobody: while another transaction has the connection's
        row, a sync page above all, nothing is noted."""
        ...

    def acquire_lease(
        self, connection_id: ConnectionId, holder: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        """None while another holder's lease stands. Each grant has a higher fencing number."""
        ...

    def renew_lease(self, lease: Lease, *, until: datetime) -> Lease:
        """Raises LeaseLost where a later grant was made; call it inside every unit of work that
        writes under the lease: the row stays locked until commit."""
        ...

    def release_lease(self, lease: Lease) -> None:
        """Does nothing where the lease was lost."""
        ...


class SyncRuns(Protocol):
    def add(self, run: SyncRun) -> None:
        """Raises AlreadyExists where a run of this connection is QUEUED or RUNNING."""
        ...

    def get(self, run_id: UUID) -> SyncRun | None:
        """What is decided by it must be read after the lease was taken: it is not locked."""
        ...

    def save(self, run: SyncRun) -> None:
        """Raises LeaseLost where the run is stored under a higher fencing number, or not at all."""
        ...

    def unfinished(self, connection_id: ConnectionId) -> Sequence[SyncRun]:
        """QUEUED and RUNNING ones: one at most."""
        ...

    def stuck(self, *, queued_before: datetime, limit: int) -> Sequence[SyncRun]:
        """QUEUED before, or RUNNING with an expired lease: to be enqueued again; all hotels."""
        ...


class Credentials(Protocol):
    def add_key(self, key: ProviderKey) -> None: ...

    def key(self, key_id: UUID) -> ProviderKey | None: ...

    def key_of_partner(self, provider: str, partner: str) -> ProviderKey | None: ...

    def revoke_key(self, key_id: UUID, *, at: datetime) -> None:
        """Does nothing for one that is unknown or was revoked before."""
        ...

    def add_token(self, token: AccessToken) -> None: ...

    def token(self, token_id: UUID) -> AccessToken | None: ...

    def tokens_of_hotel(self, hotel_id: HotelId) -> Sequence[AccessToken]:
        """Newest first."""
        ...

    def save_token(self, token: AccessToken) -> bool:
        """False, and nothing written, where it is revoked already: that is never undone."""
        ...

    def record_use(self, token_id: UUID, *, at: datetime) -> None:
        """Remembers the last use, to within a minute."""
        ...


class KeyState(StrEnum):
    """FRESH: this request holds the key now. IN_FLIGHT: another does. REPLAY: it was answered.
    MISMATCH: the key came with another payload."""

    FRESH = "fresh"
    IN_FLIGHT = "in_flight"
    REPLAY = "replay"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class KeyCheck:
    state: KeyState
    status: int | None = None
    body: bytes | None = None


class IdempotencyKeys(Protocol):
    """Keys belong to a token; kept 24 hours (IETF draft-ietf-httpapi-idempotency-key-header-07)."""

    def begin(
        self, token_id: UUID, key: str, *, fingerprint: str, now: datetime, expires_at: datetime
    ) -> KeyCheck:
        """Takes the key or says who has it. A key whose holder died is FRESH again after a
        minute. Must be committed at once."""
        ...

    def finish(self, token_id: UUID, key: str, *, status: int, body: bytes) -> None:
        """The answer to replay; in the same transaction as the work."""
        ...

    def forget(self, token_id: UUID, key: str) -> None:
        """The work failed and may be tried again under the same key."""
        ...

    def purge(self, *, now: datetime, limit: int) -> int: ...
