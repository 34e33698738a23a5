"""Sync runs: one pull of one connection, its counts and its lease."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from domain.errors import ErrorKind, kinds_by_code
from domain.values import ConnectionId, HotelId

LEASE_TTL: Final = timedelta(minutes=3)
CHECKPOINT_VALIDITY: Final = timedelta(days=1)
"""Of a failed run. The window of a full sync moves with the days: an older one starts again."""


class SyncKind(StrEnum):
    """DELTA: changes since the cursor. FULL: all stays of the schedule's window for full syncs.
    RECONCILE: all stays of the reconcile window, deletions included."""

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


class _Counts:
    __slots__: tuple[str, ...] = ()

    def plus(self, other: Self) -> Self:
        """The sums of all fields."""
        return type(self)(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__slots__}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCounts(_Counts):
    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    quarantined: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportCounts(_Counts):
    calls: int = 0
    retries: int = 0
    waited_ms: int = 0
    bytes_received: int = 0


NO_TRANSPORT: Final = TransportCounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError:
    """`path`: of the request, or in the list that was being read. `vendor_message`: of the
    provider's response the HTTP status, its error code and a phrase of ours, never its own text."""

    code: str
    detail: str
    path: str | None = None
    vendor_message: str | None = None

    @property
    def text(self) -> str:
        """In one line."""
        place = f"{self.path}: " if self.path else ""
        quoted = f" (the provider: {self.vendor_message})" if self.vendor_message else ""
        return f"{place}{self.detail}{quoted}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """One pull for one connection. `checkpoint` is provider-specific text: where to resume."""

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
    error_path: str | None = None
    """Of the request, or in the list that was being read."""
    vendor_message: str | None = None
    """See RunError."""
    attempts: int = 0
    fruitless_attempts: int = 0
    """Attempts since the run last made progress, the current one included."""
    paused_state: str | None = None
    """Of a reconcile between two turns: where it goes on, and what it saw so far."""
    folded_runs: int = 0
    """Idle runs right before this one that it stands for; `transport` is theirs too."""
    idle_since: datetime | None = None
    """When the first of them started."""

    def begin(self, *, fencing_number: int, now: datetime) -> "SyncRun":
        """Starts the run, or resumes it after its worker died."""
        return replace(
            self,
            status=SyncStatus.RUNNING,
            fencing_number=fencing_number,
            started_at=self.started_at or now,
            attempts=self.attempts + 1,
            fruitless_attempts=self.fruitless_attempts + 1,
        )

    def continuing(self, failed: "SyncRun | None", *, now: datetime) -> "SyncRun":
        """A full run, from the checkpoint of the connection's last run, if that is a failed full
        one whose checkpoint can be used."""
        are_full = failed is not None and self.kind is failed.kind is SyncKind.FULL
        if failed is None or not are_full or not failed.has_usable_checkpoint(now):
            return self
        return replace(self, checkpoint=failed.checkpoint)

    def has_usable_checkpoint(self, now: datetime) -> bool:
        """False for a run that stored no page for another reason than an outage: it may have failed
        because of its checkpoint."""
        if self.status is not SyncStatus.FAILED or self.checkpoint is None:
            return False
        if self.finished_at is None or now - self.finished_at > CHECKPOINT_VALIDITY:
            return False
        kind = kinds_by_code().get(self.error_code or "")
        return self.pages > 0 or kind is ErrorKind.UNAVAILABLE

    def without_checkpoint(self) -> "SyncRun":
        return replace(self, checkpoint=None)

    def page_stored(self, checkpoint: str | None, counts: SyncCounts) -> "SyncRun":
        """A page without a checkpoint, such as the last one, is read again on resumption. A stored
        page is no progress for a reconcile, which always restarts from its beginning."""
        progressed = (
            checkpoint not in (None, self.checkpoint) and self.kind is not SyncKind.RECONCILE
        )
        return replace(
            self,
            checkpoint=checkpoint or self.checkpoint,
            pages=self.pages + 1,
            counts=self.counts.plus(counts),
            fruitless_attempts=0 if progressed else self.fruitless_attempts,
        )

    @property
    def is_idle(self) -> bool:
        """A scheduled delta that completed at the first attempt and saw nothing."""
        is_scheduled = self.kind is SyncKind.DELTA and self.trigger is SyncTrigger.SCHEDULE
        is_smooth = self.status is SyncStatus.COMPLETED and self.attempts == 1
        return is_scheduled and is_smooth and self.counts == SyncCounts()

    def folding(self, previous: "SyncRun") -> "SyncRun":
        """This idle run, standing for the idle one before it as well."""
        return replace(
            self,
            folded_runs=previous.folded_runs + 1,
            idle_since=previous.idle_since or previous.started_at,
            transport=self.transport.plus(previous.transport),
        )

    @property
    def error(self) -> RunError | None:
        if self.error_code is None:
            return None
        return RunError(
            code=self.error_code,
            detail=self.error_detail or "",
            path=self.error_path,
            vendor_message=self.vendor_message,
        )

    def interrupted(self) -> "SyncRun":
        """Stopped by an outage: the attempt does not count as fruitless."""
        return replace(self, fruitless_attempts=max(0, self.fruitless_attempts - 1))

    def paused(self, state: str | None, *, transport: TransportCounts) -> "SyncRun":
        """It waits for its next turn, which is no new attempt."""
        return replace(
            self,
            paused_state=state,
            transport=self.transport.plus(transport),
            attempts=self.attempts - 1,
            fruitless_attempts=0,
        )

    def under(self, fencing_number: int) -> "SyncRun":
        """Taken over by the holder of a newer lease."""
        return replace(self, fencing_number=fencing_number)

    def finish(self, *, now: datetime, transport: TransportCounts) -> "SyncRun":
        """PARTIAL if any item was quarantined, else COMPLETED."""
        status = SyncStatus.PARTIAL if self.counts.quarantined else SyncStatus.COMPLETED
        return replace(
            self,
            status=status,
            finished_at=now,
            transport=self.transport.plus(transport),
            paused_state=None,
        )

    def fail(
        self, *, now: datetime, error: RunError, transport: TransportCounts = NO_TRANSPORT
    ) -> "SyncRun":
        return replace(
            self,
            status=SyncStatus.FAILED,
            finished_at=now,
            error_code=error.code,
            error_detail=error.detail[:500],
            error_path=error.path,
            vendor_message=error.vendor_message,
            transport=self.transport.plus(transport),
            paused_state=None,
        )


@dataclass(frozen=True, slots=True)
class Lease:
    """The exclusive right to sync one connection until `expires_at`. Each grant has a higher
    `fencing_number`; a page is committed only under the latest number."""

    connection_id: ConnectionId
    holder: str
    fencing_number: int
    expires_at: datetime
