"""Background jobs. The database records what is to be done: a lost job is harmless, since the tick
enqueues again what still waits there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from domain.values import HotelId


class JobName(StrEnum):
    SYNC = "sync"
    """subject: the sync run"""
    CONNECTION_INBOX = "connection_inbox"
    """subject: the connection whose waiting inbox items to process"""
    INBOX = "inbox"
    """subject: a batch of inbox items; earlier versions queued these"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Ids only: no personal data, no secrets."""

    name: JobName
    hotel_id: HotelId
    subject_id: UUID
    correlation_id: str


class JobQueue(Protocol):
    def enqueue(self, jobs: Sequence[Job]) -> None:
        """At the end of the line. Does not add a job whose name and subject are queued already; one
        that runs at the moment runs once more afterwards. Call it after the commit: if it raises
        QueueUnavailable, the tick enqueues the job later."""
        ...

    def run_again(self, job: Job, *, after_seconds: float = 0.0) -> None:
        """Queues the job that runs at the moment again once it ends, at the end of the line."""
        ...

    def is_waiting(self, name: JobName) -> bool:
        """Whether a job of this name, or of another one in the same line, waits for a worker.
        Raises QueueUnavailable."""
        ...

    def ping(self) -> None:
        """Raises QueueUnavailable."""
        ...


class VendorTurns(Protocol):
    """How many workers may wait for one vendor at a time. A vendor: one provider's API at one
    address."""

    def begin(self, job: Job, *, vendor: str, connection_id: UUID) -> bool:
        """False: no turn is free; the job is queued again when there is one. A turn ends with its
        job. True for a job that has its turn, or if the queue is unavailable."""
        ...

    def is_wanted(self, vendor: str) -> bool:
        """Whether a job waits for a turn at this vendor."""
        ...

    def measured(self, *, vendor: str, connection_id: UUID, seconds_per_call: float) -> None:
        """How fast the vendor answered a job with a turn."""
        ...
