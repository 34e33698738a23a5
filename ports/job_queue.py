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
    INBOX = "inbox"
    """subject: the batch of inbox items to process"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Ids only: no personal data, no secrets."""

    name: JobName
    hotel_id: HotelId
    subject_id: UUID
    correlation_id: str


class JobQueue(Protocol):
    def enqueue(self, jobs: Sequence[Job]) -> None:
        """Does not add a job whose name and subject are queued already. Call it after the commit:
        if it raises QueueUnavailable, the tick enqueues the job later."""
        ...

    def ping(self) -> None:
        """Raises QueueUnavailable."""
        ...
