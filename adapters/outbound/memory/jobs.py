"""A job queue that only remembers, and request budgets of one process."""

from collections import deque
from collections.abc import Sequence
from uuid import UUID

from adapters.outbound.memory.store import InMemoryStore
from ports.errors import QueueUnavailable
from ports.job_queue import Job, JobName
from ports.system import Clock


class RecordingJobQueue:
    """`jobs` wait until `take` gives them out. Raises where the store has a unit of work open in
    this thread: a job must not start before what it is about was committed."""

    def __init__(self, store: InMemoryStore | None = None, *, is_up: bool = True) -> None:
        self._store = store
        self.is_up = is_up
        self.jobs: list[Job] = []

    def enqueue(self, jobs: Sequence[Job]) -> None:
        self.ping()
        for job in jobs:
            if (job.name, job.subject_id) not in self._waiting():
                self.jobs.append(job)

    def ping(self) -> None:
        if self._store is not None:
            self._store.forbid_io()
        if not self.is_up:
            raise QueueUnavailable

    def take(self) -> Sequence[Job]:
        """All that wait, in order; they wait no more."""
        taken, self.jobs = self.jobs, []
        return taken

    def _waiting(self) -> set[tuple[JobName, UUID]]:
        return {(job.name, job.subject_id) for job in self.jobs}


class InMemoryRateBudget:
    """A sliding window per connection, on the clock's monotonic face."""

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
