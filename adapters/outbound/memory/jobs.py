"""A job queue that records jobs, and the request budgets of one process."""

from collections import deque
from collections.abc import Sequence
from uuid import UUID

from adapters.outbound.memory.store import InMemoryStore
from ports.errors import QueueUnavailable
from ports.job_queue import Job, JobName
from ports.system import Clock


class RecordingJobQueue:
    """`jobs` wait until `take` returns them, `again` for the end of the running ones. Raises if
    this thread has a unit of work open: jobs must be enqueued after the commit."""

    def __init__(self, store: InMemoryStore | None = None, *, is_up: bool = True) -> None:
        self._store = store
        self.is_up = is_up
        self.jobs: list[Job] = []
        self.again: list[Job] = []

    def enqueue(self, jobs: Sequence[Job]) -> None:
        self.ping()
        for job in jobs:
            if (job.name, job.subject_id) not in self._waiting():
                self.jobs.append(job)

    def run_again(self, job: Job, *, after_seconds: float = 0.0) -> None:  # noqa: ARG002
        self.ping()
        self.again.append(job)

    def ping(self) -> None:
        if self._store is not None:
            self._store.forbid_io()
        if not self.is_up:
            raise QueueUnavailable

    def take(self) -> Sequence[Job]:
        """Removes and returns all jobs, in order."""
        taken, self.jobs = self.jobs, []
        return taken

    def _waiting(self) -> set[tuple[JobName, UUID]]:
        return {(job.name, job.subject_id) for job in self.jobs}


class InMemoryRateBudget:
    """A sliding window per connection, by the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[UUID, deque[float]] = {}

    def reserve(self, connection_id: UUID, *, limit: int, window_seconds: float) -> float:
        now = self._clock.monotonic()
        sent = self._sent.setdefault(connection_id, deque())
        while sent and sent[0] <= now - window_seconds:
            sent.popleft()
        if len(sent) >= limit:
            return sent[0] + window_seconds - now
        sent.append(now)
        return 0.0
