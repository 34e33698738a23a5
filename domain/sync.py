"""Sync runs and the pure policies around them: what is due, when to stop asking."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.values import ConnectionId, HotelId, Stay

LEASE_TTL: Final = timedelta(minutes=3)
BREAKER_THRESHOLD: Final = 3
BREAKER_BASE: Final = timedelta(minutes=1)
BREAKER_CAP: Final = timedelta(hours=1)
WAIT_CAP: Final = timedelta(days=1)


class SyncKind(StrEnum):
    """DELTA: what changed since the cursor. FULL: everything the provider has, from the first day
    that we keep. RECONCILE: a window of stays compared as a whole, deletions included."""

    DELTA = "delta"
    FULL = "full"
    RECONCILE = "reconcile"


class SyncStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        return self in (SyncStatus.COMPLETED, SyncStatus.PARTIAL, SyncStatus.FAILED)


class SyncTrigger(StrEnum):
    SCHEDULE = "schedule"
    MANUAL = "manual"
    FIRST = "first"
    GAP = "gap"


class ItemOutcome(StrEnum):
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    STALE = "stale"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCounts:
    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    quarantined: int = 0
    deleted: int = 0

    def plus(self, other: "SyncCounts") -> "SyncCounts":
        return SyncCounts(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__slots__}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportCounts:
    calls: int = 0
    retries: int = 0
    waited_ms: int = 0
    bytes_received: int = 0

    def plus(self, other: "TransportCounts") -> "TransportCounts":
        return TransportCounts(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__slots__}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """One pull for one connection; `checkpoint` is the provider's own text for where to resume."""

    id: UUID
    hotel_id: HotelId
    connection_id: ConnectionId
    provider: str
    kind: SyncKind
    trigger: SyncTrigger
    correlation_id: str
    queued_at: datetime
    status: SyncStatus = SyncStatus.QUEUED
    fencing_number: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    checkpoint: str | None = None
    pages: int = 0
    counts: SyncCounts = field(default_factory=SyncCounts)
    transport: TransportCounts = field(default_factory=TransportCounts)
    error_code: str | None = None
    error_detail: str | None = None
    attempts: int = 0
    fruitless_attempts: int = 0
    """Those since the run last got further; the last one is under way or killed its worker."""

    def begin(self, *, fencing_number: int, now: datetime) -> "SyncRun":
        """Started or, after a dead holder, taken up again where its last page was committed."""
        return replace(
            self,
            status=SyncStatus.RUNNING,
            fencing_number=fencing_number,
            started_at=self.started_at or now,
            attempts=self.attempts + 1,
            fruitless_attempts=self.fruitless_attempts + 1,
        )

    def page_stored(self, checkpoint: str | None, counts: SyncCounts) -> "SyncRun":
        """A page that has no checkpoint, as the last one, is read again by the one who resumes.
        A reconcile gets no further with a page: it begins again whatever was stored."""
        further = checkpoint not in (None, self.checkpoint) and self.kind is not SyncKind.RECONCILE
        return replace(
            self,
            checkpoint=checkpoint or self.checkpoint,
            pages=self.pages + 1,
            counts=self.counts.plus(counts),
            fruitless_attempts=0 if further else self.fruitless_attempts,
        )

    def interrupted(self) -> "SyncRun":
        """Its worker lives and could not go on, for no fault of the run."""
        return replace(self, fruitless_attempts=max(0, self.fruitless_attempts - 1))

    def under(self, fencing_number: int) -> "SyncRun":
        """Ended by another holder than the one that carried it, if any did."""
        return replace(self, fencing_number=fencing_number)

    def finish(self, *, now: datetime, transport: TransportCounts) -> "SyncRun":
        """PARTIAL when anything was quarantined: a run in which something failed is no success."""
        status = SyncStatus.PARTIAL if self.counts.quarantined else SyncStatus.COMPLETED
        return replace(
            self, status=status, finished_at=now, transport=self.transport.plus(transport)
        )

    def fail(
        self, *, now: datetime, code: str, detail: str, transport: TransportCounts
    ) -> "SyncRun":
        return replace(
            self,
            status=SyncStatus.FAILED,
            finished_at=now,
            error_code=code,
            error_detail=detail[:500],
            transport=self.transport.plus(transport),
        )


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to sync one connection until `expires_at`. A later holder's `fencing_number` is
    higher, and every page is committed only under the number that still stands."""

    connection_id: ConnectionId
    holder: str
    fencing_number: int
    expires_at: datetime


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Stops asking a provider that fails again and again; one trial after each pause.

    The pause doubles from BREAKER_BASE to BREAKER_CAP with every failure beyond BREAKER_THRESHOLD.
    """

    failures: int = 0
    retry_at: datetime | None = None

    def state(self, now: datetime) -> BreakerState:
        if self.retry_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.retry_at else BreakerState.HALF_OPEN

    def succeeded(self) -> "Breaker":
        return Breaker()

    def failed(self, now: datetime) -> "Breaker":
        failures = self.failures + 1
        if failures < BREAKER_THRESHOLD:
            return Breaker(failures=failures)
        pause = min(BREAKER_CAP, BREAKER_BASE * 2 ** min(failures - BREAKER_THRESHOLD, 10))
        return Breaker(failures=failures, retry_at=now + pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often a connection is pulled. A paused or untested connection is never due."""

    delta_every: timedelta = timedelta(minutes=5)
    reconcile_every: timedelta = timedelta(hours=24)
    reconcile_days_back: int = 7
    reconcile_days_ahead: int = 365
    keep_days_back: int = 400
    """A full sync asks for stays that ended no longer ago than this."""
    keep_days_ahead: int = 1_100
    """A full sync asks for stays that begin no later than this: three years, beyond what hotels
    sell. What is booked farther ahead comes with the delta that its next change brings."""

    def window(self, kind: SyncKind, today: date) -> Stay:
        """The stays that a run of `kind` asks for: those that overlap it."""
        back, ahead = self.reconcile_days_back, self.reconcile_days_ahead
        if kind is not SyncKind.RECONCILE:
            back = self.keep_days_back
        if kind is SyncKind.FULL:
            ahead = self.keep_days_ahead
        return Stay(today - timedelta(days=back), today + timedelta(days=ahead))

    def jitter(self, fraction: float) -> timedelta:
        """`fraction` in [0, 1): spreads hotels over a tenth of the interval."""
        return self.delta_every * (fraction / 10)


class ConnectionState(StrEnum):
    """NEW: never tested. STOPPED: the provider refused our credentials; needs a person."""

    NEW = "new"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One hotel's account at one provider.

    `settings` are the provider's own names and plain values (base URL, property id, …); the
    credentials are sealed elsewhere and never part of this object. `key` is the unguessable part of
    its webhook URL, stored hashed (`key_hash`).
    """

    id: ConnectionId
    hotel_id: HotelId
    provider: str
    name: str
    settings: Mapping[str, str]
    key_hash: str
    schedule: Schedule = field(default_factory=Schedule)
    state: ConnectionState = ConnectionState.NEW
    cursor: str | None = None
    breaker: Breaker = field(default_factory=Breaker)
    next_sync_at: datetime | None = None
    next_reconcile_at: datetime | None = None
    last_synced_at: datetime | None = None
    last_heard_at: datetime | None = None
    """The last accepted webhook or push; silence beyond the vendor's retry window is a gap."""
    gap_seen_at: datetime | None = None
    """The `last_heard_at` after which a silence was already answered with a reconcile."""
    last_error_code: str | None = None
    revision: int = 1
    """Counts our writes, from 1; the store's guard against lost updates. `last_heard_at` is
    outside it: webhooks write it alone."""

    def tested(self, now: datetime) -> "Connection":
        """The provider answered our test: the first sync is due at once, for a paused connection
        as soon as it is resumed."""
        is_paused = self.state is ConnectionState.PAUSED
        return replace(
            self,
            state=ConnectionState.PAUSED if is_paused else ConnectionState.ACTIVE,
            breaker=Breaker(),
            last_error_code=None,
            next_sync_at=now,
            next_reconcile_at=self.next_reconcile_at or now + self.schedule.reconcile_every,
        )

    def paused(self) -> "Connection":
        return replace(self, state=ConnectionState.PAUSED)

    def resumed(self, now: datetime) -> "Connection":
        return replace(self, state=ConnectionState.ACTIVE, breaker=Breaker(), next_sync_at=now)

    def scheduled(self, kind: SyncKind, *, now: datetime, jitter: timedelta) -> "Connection":
        """A run of `kind` was queued: the next is due an interval later."""
        if kind is SyncKind.RECONCILE:
            return replace(self, next_reconcile_at=now + self.schedule.reconcile_every + jitter)
        return replace(self, next_sync_at=now + self.schedule.delta_every + jitter)

    def due_kind(self, now: datetime) -> SyncKind | None:
        """None when nothing is due; a reconcile goes before a delta, a first sync before both."""
        if self.state is not ConnectionState.ACTIVE:
            return None
        if self.breaker.state(now) is BreakerState.OPEN:
            return None
        sync_due = self.next_sync_at is not None and self.next_sync_at <= now
        if self.cursor is None:
            return SyncKind.FULL if sync_due else None
        if self.next_reconcile_at is not None and self.next_reconcile_at <= now:
            return SyncKind.RECONCILE
        return SyncKind.DELTA if sync_due else None

    def synced(self, run: SyncRun, *, cursor: str | None, now: datetime) -> "Connection":
        """`cursor` None leaves the old one: a reconcile does not move it."""
        return replace(
            self,
            cursor=cursor or self.cursor,
            breaker=self.breaker.succeeded(),
            last_synced_at=now,
            last_error_code="items_quarantined" if run.status is SyncStatus.PARTIAL else None,
        )

    def sync_failed(
        self, code: str, *, stop: bool, now: datetime, wait: timedelta = timedelta(0)
    ) -> "Connection":
        """`stop`: the provider refused the credentials; asking again would not help. `wait`: how
        long it asks to be left alone; nothing is due before, or before WAIT_CAP."""
        state = ConnectionState.STOPPED if stop else self.state
        until = now + min(wait, WAIT_CAP)
        return replace(
            self,
            state=state,
            breaker=self.breaker.failed(now),
            last_error_code=code,
            next_sync_at=self.next_sync_at and max(self.next_sync_at, until),
            next_reconcile_at=self.next_reconcile_at and max(self.next_reconcile_at, until),
        )

    def may_run(self, trigger: SyncTrigger) -> bool:
        """A person may sync a paused connection; what the schedule queued before the pause, and
        everything of a stopped one, is not carried out."""
        if self.state is ConnectionState.PAUSED:
            return trigger is SyncTrigger.MANUAL
        return self.state is not ConnectionState.STOPPED

    def has_gap(self, *, silence: timedelta, now: datetime) -> bool:
        """True when webhooks were heard before and have now been silent for longer than the
        vendor keeps retrying, and no reconcile was queued for this silence."""
        last_inbound = self.last_heard_at
        return (
            last_inbound is not None
            and last_inbound != self.gap_seen_at
            and now - last_inbound > silence
        )

    def gap_found(self) -> "Connection":
        """A reconcile was queued for the silence after `last_heard_at`."""
        return replace(self, gap_seen_at=self.last_heard_at)
