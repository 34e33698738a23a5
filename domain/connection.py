"""A connection: one hotel's account at one provider, its schedule and its health."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.breaker import Breaker, BreakerState
from domain.schedule import Schedule
from domain.sync_run import RunError, SyncKind, SyncRun, SyncStatus, SyncTrigger
from domain.values import ConnectionId, HotelId

WAIT_CAP: Final = timedelta(days=1)

PROPERTY_SETTINGS: Final = ("property_id", "hotel_code")
"""The settings that may name the property; `hotel_code` is OTA's term."""


class ConnectionState(StrEnum):
    """NEW: not verified. PAUSED: by an operator; only manual syncs run. STOPPED: the provider
    refused our credentials or a request for lack of a permission, or the hotel disabled the
    integration there; a person must test or resume it."""

    NEW = "new"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One hotel's account at one provider.

    `settings`: plain values by the provider's own names (base URL, property id, …); credentials
    are sealed elsewhere and never part of this object. `key_hash`: SHA-256 of the unguessable part
    of the webhook URL.
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
    last_inbound_at: datetime | None = None
    """When the last webhook or push was accepted."""
    control_applied_at: datetime | None = None
    """When the command or webhook arrived that last changed or confirmed the credentials, resumed
    the connection or stopped it."""
    gap_seen_at: datetime | None = None
    """The `last_inbound_at` for which a reconcile of the silence after it was already queued."""
    last_error_code: str | None = None
    last_error_detail: str | None = None
    """With the path and the vendor's message, if there are any."""
    stopped_at: datetime | None = None
    """Since when it is STOPPED; None in every other state."""
    revision: int = 1
    """Counts our writes, from 1, to detect lost updates. Writes of `last_inbound_at` or
    `control_applied_at` alone do not count."""

    @property
    def property_id(self) -> str | None:
        """The vendor's id of the property; None if it is unknown, then any is accepted."""
        named = (self.settings.get(name) for name in PROPERTY_SETTINGS)
        return next((value for value in named if value), None)

    def tested(self, now: datetime) -> "Connection":
        """The provider accepted the credentials: the first sync is due at once, or as soon as a
        paused connection is resumed."""
        is_paused = self.state is ConnectionState.PAUSED
        return replace(
            self,
            state=ConnectionState.PAUSED if is_paused else ConnectionState.ACTIVE,
            breaker=Breaker(),
            last_error_code=None,
            last_error_detail=None,
            stopped_at=None,
            next_sync_at=now,
            next_reconcile_at=self.next_reconcile_at or now + self.schedule.reconcile_every,
        )

    def paused(self) -> "Connection":
        """A stopped one is stopped no longer: it runs manual syncs."""
        return replace(self, state=ConnectionState.PAUSED, stopped_at=None)

    def changed(self, settings: Mapping[str, str]) -> "Connection":
        """With these settings, or new credentials. A stopped one must be tested again."""
        was_stopped = self.state is ConnectionState.STOPPED
        state = ConnectionState.NEW if was_stopped else self.state
        return replace(self, settings=settings, state=state, stopped_at=None)

    def resumed(self, now: datetime) -> "Connection":
        return replace(
            self,
            state=ConnectionState.ACTIVE,
            breaker=Breaker(),
            stopped_at=None,
            next_sync_at=now,
        )

    def stopped(self, code: str, detail: str, *, now: datetime) -> "Connection":
        """Until a person resumes it. The time and the reason of the first stop are kept."""
        if self.state is ConnectionState.STOPPED:
            return self
        return replace(
            self,
            state=ConnectionState.STOPPED,
            stopped_at=now,
            last_error_code=code,
            last_error_detail=detail,
        )

    def _with_error(self, code: str | None, detail: str | None) -> "Connection":
        """A stopped one keeps the reason of its stop."""
        if self.state is ConnectionState.STOPPED:
            return self
        return replace(self, last_error_code=code, last_error_detail=detail)

    def recovered(self) -> "Connection":
        """A fetch succeeded."""
        return replace(self._with_error(None, None), breaker=Breaker())

    @property
    def announced_sync_at(self) -> datetime | None:
        """When the next scheduled sync starts, the breaker's pause included; None if none is
        scheduled."""
        if self.state is not ConnectionState.ACTIVE or self.next_sync_at is None:
            return None
        return max(self.next_sync_at, self.breaker.retry_at or self.next_sync_at)

    def scheduled(self, kind: SyncKind, *, now: datetime, jitter: timedelta) -> "Connection":
        """A run of `kind` was queued: the next one is due an interval later."""
        if kind is SyncKind.RECONCILE:
            return replace(self, next_reconcile_at=now + self.schedule.reconcile_every + jitter)
        return replace(self, next_sync_at=now + self.schedule.delta_every + jitter)

    def unscheduled(self) -> "Connection":
        """Nothing is due: the provider only pushes."""
        return replace(self, next_sync_at=None, next_reconcile_at=None)

    def new_run(
        self, run_id: UUID, kind: SyncKind, trigger: SyncTrigger, correlation_id: str, now: datetime
    ) -> SyncRun:
        """A queued run. Before the first sync has completed it is a full one, whatever `kind`."""
        is_first = self.cursor is None
        is_active = self.state is ConnectionState.ACTIVE
        return SyncRun(
            id=run_id,
            hotel_id=self.hotel_id,
            connection_id=self.id,
            provider=self.provider,
            kind=SyncKind.FULL if is_first else kind,
            trigger=SyncTrigger.FIRST if is_first and is_active else trigger,
            correlation_id=correlation_id,
            queued_at=now,
        )

    def is_suspended(self, now: datetime) -> bool:
        """Whether to send its provider no requests now: paused, stopped, or the breaker is open."""
        is_inactive = self.state in (ConnectionState.PAUSED, ConnectionState.STOPPED)
        return is_inactive or self.breaker.state(now) is BreakerState.OPEN

    def due_kind(self, now: datetime) -> SyncKind | None:
        """None if nothing is due. A first sync precedes a reconcile, a reconcile a delta."""
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

    @property
    def due_since(self) -> datetime | None:
        """The earlier of the times of `due_kind`, whether it has come or not."""
        reconcile_at = None if self.cursor is None else self.next_reconcile_at
        return min(filter(None, (self.next_sync_at, reconcile_at)), default=None)

    def synced(self, run: SyncRun, *, cursor: str | None, now: datetime) -> "Connection":
        """`cursor` None keeps the old one: a reconcile does not move it."""
        code = "items_quarantined" if run.status is SyncStatus.PARTIAL else None
        return replace(
            self._with_error(code, None),
            cursor=cursor or self.cursor,
            breaker=Breaker(),
            last_synced_at=now,
        )

    def sync_failed(
        self, error: RunError, *, stop: bool, now: datetime, wait: timedelta = timedelta(0)
    ) -> "Connection":
        """`stop`: retrying cannot help until a person acts (credentials refused). `wait`: how long
        the provider wants no requests, capped at WAIT_CAP; nothing is due earlier."""
        until = now + min(wait, WAIT_CAP)
        code, detail = error.code, error.text
        failed = self.stopped(code, detail, now=now) if stop else self._with_error(code, detail)
        return replace(
            failed,
            breaker=self.breaker.failed(now),
            next_sync_at=self.next_sync_at and max(self.next_sync_at, until),
            next_reconcile_at=self.next_reconcile_at and max(self.next_reconcile_at, until),
        )

    def may_run(self, trigger: SyncTrigger) -> bool:
        """A paused connection runs manual syncs only, a stopped one none."""
        if self.state is ConnectionState.PAUSED:
            return trigger is SyncTrigger.MANUAL
        return self.state is not ConnectionState.STOPPED

    def has_gap(self, *, silence: timedelta, now: datetime) -> bool:
        """Whether no webhook came for longer than `silence` (the vendor's retry window) after the
        last one, and no reconcile was queued for it yet."""
        last_inbound = self.last_inbound_at
        return (
            last_inbound is not None
            and last_inbound != self.gap_seen_at
            and now - last_inbound > silence
        )

    def gap_found(self) -> "Connection":
        """A reconcile was queued for the silence after `last_inbound_at`."""
        return replace(self, gap_seen_at=self.last_inbound_at)
