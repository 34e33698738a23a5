"""The tick: finds due work in the database and enqueues it. Lost and duplicate ticks are harmless,
and so is the loss of the queue."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import Final

from application.audit.audit_trail import AuditTrail, acting_as
from application.enqueue_jobs import enqueue_jobs, inbox_job, sync_job
from application.retention.apply_retention import apply_retention
from application.sync.queue_due_syncs import CHUNK, QueueDueSyncs
from domain.audit import RETENTION, AuditAction, AuditValue
from domain.values import HotelId
from ports.job_queue import Job, JobQueue
from ports.providers import Providers
from ports.system import Clock, IdGenerator, Randomness
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

STUCK_AFTER: Final = timedelta(minutes=1)
QUARANTINE_RETENTION: Final = timedelta(days=180)
"""A bad item that nobody replayed for half a year is outdated, and may hold personal data."""
VENDOR_TEXT_RETENTION: Final = timedelta(days=30)
TOMBSTONE_RETENTION: Final = timedelta(days=400)
"""Longer than any vendor resends old messages."""
PURGE_BATCH: Final = 2_000
PURGE_FOR: Final = timedelta(seconds=2)
_LOG: Final = logging.getLogger("pms.quarantine")
_DATA_LOG: Final = logging.getLogger("pms.retention")


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
    chunk: int = CHUNK

    def __call__(self) -> TickResult:
        """Raises StoreUnavailable. If the queue is unavailable, the next tick enqueues."""
        now = self.clock.now()
        ports = (self.unit_of_work, self.providers, self.ids, self.randomness)
        runs = QueueDueSyncs(*ports, chunk=self.chunk)(now)
        with self.unit_of_work() as uow:
            stuck = uow.sync_runs.stuck(queued_before=now - STUCK_AFTER)
            inboxes = uow.inbox.waiting(now=now)
        syncs = interleave_by_hotel([*map(sync_job, runs), *map(sync_job, stuck)])
        waiting = [inbox_job(hotel_id, of, f"inbox-{of}") for hotel_id, of in inboxes]
        enqueue_jobs(self.queue, [*syncs, *waiting])
        return TickResult(len(runs), len(stuck), len(inboxes), self._purge(now))

    def _purge(self, now: datetime) -> int:
        """Purges for PURGE_FOR at most; the next tick does the rest."""
        until = self.clock.now() + PURGE_FOR
        purged = 0
        while True:
            batches, has_more = self._purge_once(now)
            purged += sum(batches)
            if not has_more or self.clock.now() >= until:
                return purged

    def _purge_once(self, now: datetime) -> tuple[Sequence[int], bool]:
        """The numbers of deleted rows, and whether there may be more to delete."""
        limit = self.purge_batch
        with self.unit_of_work() as uow:
            quarantined = uow.inbox.purge_quarantined(
                received_before=now - QUARANTINE_RETENTION, limit=limit
            )
            self._record_purged(uow, quarantined, now)
            batches = (
                sum(quarantined.values()),
                uow.idempotency.purge(now=now, limit=limit),
                uow.tombstones.purge(recorded_before=now - TOMBSTONE_RETENTION, limit=limit),
                uow.vendor_error_texts.purge(
                    received_before=now - VENDOR_TEXT_RETENTION, limit=limit
                ),
            )
            of_hotels = apply_retention(uow, self.audit, now=self.clock.now(), batch=limit)
            if any(batches) or of_hotels.has_more:
                uow.commit()
        if quarantined:
            _LOG.warning("quarantine_purged", extra={"count": sum(quarantined.values())})
        if of_hotels.counts:
            _DATA_LOG.info("data_purged", extra={"counts": of_hotels.counts})
        has_more = of_hotels.has_more or max(batches) >= limit
        return (*batches, of_hotels.counts.total()), has_more

    def _record_purged(self, uow: UnitOfWork, purged: Mapping[HotelId, int], now: datetime) -> None:
        before = (now - QUARANTINE_RETENTION).isoformat()
        action = AuditAction.QUARANTINE_PURGED
        with acting_as(RETENTION):
            for hotel_id, count in purged.items():
                details: dict[str, AuditValue] = {"count": count, "received_before": before}
                self.audit.record(uow, action, "quarantine", hotel_id=hotel_id, details=details)


def interleave_by_hotel(jobs: Sequence[Job]) -> list[Job]:
    """One job of each hotel in turn: a hotel with many connections does not block others."""
    by_hotel: defaultdict[HotelId, list[Job]] = defaultdict(list)
    for job in jobs:
        by_hotel[job.hotel_id].append(job)
    rounds = zip_longest(*by_hotel.values())
    return [job for job in chain.from_iterable(rounds) if job is not None]
