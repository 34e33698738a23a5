"""Enqueues work that is stored as due in the database."""

from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from domain.messages import InboxItem
from domain.sync_run import SyncRun
from domain.values import HotelId
from ports.errors import QueueUnavailable
from ports.job_queue import Job, JobName, JobQueue


def enqueue_jobs(queue: JobQueue, name: JobName, due: Iterable[tuple[HotelId, UUID, str]]) -> None:
    """`due`: hotel, subject and correlation id of each. If the queue is unavailable, the next tick
    enqueues them."""
    jobs = [_job(name, *each) for each in due]
    if jobs:
        with suppress(QueueUnavailable):
            queue.enqueue(jobs)


def enqueue_runs(queue: JobQueue, runs: Iterable[SyncRun]) -> None:
    enqueue_jobs(queue, JobName.SYNC, map(_due_run, runs))


def sync_job(run: SyncRun) -> Job:
    return _job(JobName.SYNC, *_due_run(run))


def enqueue_inbox(queue: JobQueue, row: InboxItem) -> None:
    """For all that waits at the row's connection."""
    due = [(row.hotel_id, row.connection_id, row.correlation_id)]
    enqueue_jobs(queue, JobName.CONNECTION_INBOX, due)


def _due_run(run: SyncRun) -> tuple[HotelId, UUID, str]:
    return run.hotel_id, run.id, run.correlation_id


def _job(name: JobName, hotel_id: HotelId, subject_id: UUID, correlation_id: str) -> Job:
    return Job(name=name, hotel_id=hotel_id, subject_id=subject_id, correlation_id=correlation_id)
