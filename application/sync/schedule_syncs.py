"""The tick: finds due work in the database and enqueues it. Lost and duplicate ticks are harmless,
and so is the loss of the queue."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import Final

from application.audit.audit_trail import AuditTrail, acting_as
from application.enqueue_jobs import enqueue_jobs, enqueue_runs, inbox_job
from domain.audit import RETENTION, AuditAction, AuditValue
from domain.connection import Connection
from domain.sync_run import SyncKind, SyncRun, SyncTrigger
from domain.values import HotelId
from ports.errors import AlreadyExists, ConcurrentChange, UnknownProvider
from ports.job_queue import JobQueue
from ports.providers import Capabilities, Providers
from ports.system import Clock, IdGenerator, Randomness
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

BATCH: Final = 200
INBOXES: Final = 2_000
"""Connections whose waiting inbox items one tick enqueues: one job each, whatever their number."""
STUCK_AFTER: Final = timedelta(minutes=1)
DONE_RETENTION: Final = timedelta(days=30)
QUARANTINE_RETENTION: Final = timedelta(days=180)
"""A bad item that nobody replayed for half a year is outdated, and may hold personal data."""
DELIVERED_RETENTION: Final = timedelta(days=7)
VENDOR_TEXT_RETENTION: Final = timedelta(days=30)
TOMBSTONE_RETENTION: Final = timedelta(days=400)
"""Longer than any vendor resends old messages."""
PURGE_BATCH: Final = 2_000
PURGE_FOR: Final = timedelta(seconds=2)
_LOG: Final = logging.getLogger("pms.quarantine")


@dataclass(frozen=True, slots=True)
class TickResult:
    queued_runs: int
    retried_runs: int
    retried_inboxes: int
    purged: int


@dataclass(frozen=True, slots=True)
class ScheduleSyncs:
    unit_of_work: UnitOfWorkFactory
    providers: Providers
    queue: JobQueue
    clock: Clock
    ids: IdGenerator
    randomness: Randomness
    audit: AuditTrail
    purge_batch: int = PURGE_BATCH

    def __call__(self) -> TickResult:
        """Raises StoreUnavailable. If the queue is unavailable, the next tick enqueues."""
        now = self.clock.now()
        runs = self._queue_due(now)
        with self.unit_of_work() as uow:
            stuck = uow.sync_runs.stuck(queued_before=now - STUCK_AFTER, limit=BATCH)
            inboxes = uow.inbox.waiting(now=now, limit=INBOXES)
        enqueue_runs(self.queue, interleave_by_hotel([*runs, *stuck]))
        waiting = [inbox_job(hotel_id, of, f"inbox-{of}") for hotel_id, of in inboxes]
        enqueue_jobs(self.queue, waiting)
        return TickResult(len(runs), len(stuck), len(inboxes), self._purge(now))

    def _queue_due(self, now: datetime) -> list[SyncRun]:
        with self.unit_of_work() as uow:
            due = uow.connections.due(now=now, limit=BATCH)
        runs = []
        for connection in due:
            with suppress(ConcurrentChange, AlreadyExists):
                runs += self._queue_one(connection, now)
        return runs

    def _queue_one(self, connection: Connection, now: datetime) -> list[SyncRun]:
        """Stores the run and the time of the next one in one transaction. Nothing is queued if a
        second scheduler or a manual request was faster."""
        kind = connection.due_kind(now)
        if kind is None:
            return []
        capabilities = self._capabilities(connection)
        jitter = connection.schedule.jitter(self.randomness.fraction())
        pulls = capabilities is None or capabilities.pulls_with(connection.settings)
        rescheduled = (
            connection.scheduled(kind, now=now, jitter=jitter)
            if pulls
            else connection.unscheduled()
        )
        with self.unit_of_work() as uow:
            runs = []
            if pulls and _is_wanted(uow, connection):
                gap = _has_gap(connection, capabilities, now)
                rescheduled = rescheduled.gap_found() if gap else rescheduled
                runs = [self._run(connection, kind, now=now, gap=gap)]
                uow.sync_runs.add(runs[0])
            uow.connections.save(rescheduled)
            uow.commit()
        return runs

    def _capabilities(self, connection: Connection) -> Capabilities | None:
        """None if the provider is not installed or its plug-in is broken: its runs fail visibly,
        other connections are not affected."""
        try:
            return self.providers.get(connection.provider).capabilities
        except UnknownProvider:
            return None

    def _run(self, connection: Connection, kind: SyncKind, *, now: datetime, gap: bool) -> SyncRun:
        """After a gap a reconcile replaces the run that was due."""
        trigger = SyncTrigger.GAP if gap else SyncTrigger.SCHEDULE
        kind = SyncKind.RECONCILE if gap else kind
        run_id = self.ids.new()
        return connection.new_run(run_id, kind, trigger, f"sync-{run_id}", now)

    def _purge(self, now: datetime) -> int:
        """Purges for PURGE_FOR at most; the next tick does the rest."""
        until = self.clock.now() + PURGE_FOR
        purged = 0
        while True:
            batches = self._purge_once(now)
            purged += sum(batches)
            if max(batches) < self.purge_batch or self.clock.now() >= until:
                return purged

    def _purge_once(self, now: datetime) -> tuple[int, ...]:
        limit = self.purge_batch
        with self.unit_of_work() as uow:
            quarantined = uow.inbox.purge_quarantined(
                received_before=now - QUARANTINE_RETENTION, limit=limit
            )
            self._record_purged(uow, quarantined, now)
            batches = (
                sum(quarantined.values()),
                uow.inbox.purge(done_before=now - DONE_RETENTION, limit=limit),
                uow.outbox.purge(delivered_before=now - DELIVERED_RETENTION, limit=limit),
                uow.idempotency.purge(now=now, limit=limit),
                uow.tombstones.purge(recorded_before=now - TOMBSTONE_RETENTION, limit=limit),
                uow.vendor_error_texts.purge(
                    received_before=now - VENDOR_TEXT_RETENTION, limit=limit
                ),
            )
            if any(batches):
                uow.commit()
        if quarantined:
            _LOG.warning("quarantine_purged", extra={"count": sum(quarantined.values())})
        return batches

    def _record_purged(self, uow: UnitOfWork, purged: Mapping[HotelId, int], now: datetime) -> None:
        before = (now - QUARANTINE_RETENTION).isoformat()
        action = AuditAction.QUARANTINE_PURGED
        with acting_as(RETENTION):
            for hotel_id, count in purged.items():
                details: dict[str, AuditValue] = {"count": count, "received_before": before}
                self.audit.record(uow, action, "quarantine", hotel_id=hotel_id, details=details)


def interleave_by_hotel(runs: Sequence[SyncRun]) -> list[SyncRun]:
    """One run of each hotel in turn: a hotel with many connections does not block others."""
    by_hotel: defaultdict[HotelId, list[SyncRun]] = defaultdict(list)
    for run in runs:
        by_hotel[run.hotel_id].append(run)
    rounds = zip_longest(*by_hotel.values())
    return [run for run in chain.from_iterable(rounds) if run is not None]


def _is_wanted(uow: UnitOfWork, connection: Connection) -> bool:
    hotel = uow.hotels.get(connection.hotel_id)
    enabled = hotel is not None and hotel.enabled
    return enabled and not uow.sync_runs.unfinished(connection.id)


def _has_gap(connection: Connection, capabilities: Capabilities | None, now: datetime) -> bool:
    """False before the first full sync, which covers the gap."""
    silence = capabilities.retry_window if capabilities else None
    if silence is None or connection.cursor is None:
        return False
    return connection.has_gap(silence=silence, now=now)
