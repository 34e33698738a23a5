"""Enqueues work that is stored as due in the database."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from domain.messages import InboxItem
from domain.sync_run import SyncRun
from domain.values import ConnectionId, HotelId
from ports.administration import StuckRun
from ports.errors import QueueUnavailable
from ports.job_queue import Job, JobName, JobQueue


def enqueue_jobs(queue: JobQueue, jobs: Sequence[Job]) -> None:
    """If the queue is unavailable, the next tick enqueues them."""
    if jobs:
        with suppress(QueueUnavailable):
            queue.enqueue(jobs)


def enqueue_runs(queue: JobQueue, runs: Iterable[SyncRun]) -> None:
    enqueue_jobs(queue, [sync_job(run) for run in runs])


def enqueue_inbox(queue: JobQueue, row: InboxItem) -> None:
    """For all that waits at the row's connection."""
    enqueue_jobs(queue, [inbox_job(row.hotel_id, row.connection_id, row.correlation_id)])


def sync_job(run: SyncRun | StuckRun) -> Job:
    return Job(
        name=JobName.SYNC,
        hotel_id=run.hotel_id,
        subject_id=run.id,
        correlation_id=run.correlation_id,
    )


def inbox_job(hotel_id: HotelId, connection_id: ConnectionId, correlation_id: str) -> Job:
    return Job(
        name=JobName.CONNECTION_INBOX,
        hotel_id=hotel_id,
        subject_id=connection_id,
        correlation_id=correlation_id,
    )
