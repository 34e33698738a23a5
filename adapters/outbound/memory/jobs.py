"""A job queue that records jobs, and the request budgets of one process."""

from collections import deque
from collections.abc import Sequence
from uuid import UUID

from adapters.outbound.memory.store import InMemoryStore
from ports.errors import QueueUnavailable
from ports.job_queue import Job, JobName
from ports.system import Clock


class RecordingJobQueue:
    """`jobs` wait until `take` returns them, `again` for the end of the running ones and `pauses`
    more seconds. Raises if this thread has a unit of work open: jobs must be enqueued after the
    commit."""

    def __init__(self, store: InMemoryStore | None = None, *, is_up: bool = True) -> None:
        self._store = store
        self.is_up = is_up
        self.jobs: list[Job] = []
        self.again: list[Job] = []
        self.pauses: list[float] = []

    def enqueue(self, jobs: Sequence[Job]) -> None:
        self.ping()
        waiting = {(job.name, job.subject_id) for job in self.jobs}
        for job in jobs:
            if (job.name, job.subject_id) not in waiting:
                waiting.add((job.name, job.subject_id))
                self.jobs.append(job)

    def run_again(self, job: Job, *, after_seconds: float = 0.0) -> None:
        self.ping()
        self.again.append(job)
        self.pauses.append(after_seconds)

    def is_waiting(self, name: JobName) -> bool:
        self.ping()
        return any(job.name is name for job in self.jobs)

    def ping(self) -> None:
        if self._store is not None:
            self._store.forbid_io()
        if not self.is_up:
            raise QueueUnavailable

    def take(self) -> Sequence[Job]:
        """Removes and returns all jobs, in order."""
        taken, self.jobs = self.jobs, []
        return taken


class ScriptedVendorTurns:
    """Turns for all but the `slow` vendors' jobs, which are `parked`."""

    def __init__(self) -> None:
        self.slow: set[str] = set()
        self.parked: list[Job] = []
        self.measurements: list[tuple[UUID, float]] = []

    def begin(self, job: Job, *, vendor: str, connection_id: UUID) -> bool:  # noqa: ARG002
        if vendor in self.slow:
            self.parked.append(job)
        return vendor not in self.slow

    def is_wanted(self, vendor: str) -> bool:  # noqa: ARG002
        return bool(self.parked)

    def measured(self, *, vendor: str, connection_id: UUID, seconds_per_call: float) -> None:  # noqa: ARG002
        self.measurements.append((connection_id, seconds_per_call))


class InMemoryRateBudget:
    """A sliding window per connection, by the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[UUID, deque[float]] = {}

    def reserve(self, connection_id: UUID, *, limit: int, window_seconds: float) -> float:
        now = self._clock.monotonic()
        sent = self._sent.setdefault(connection_id, deque())
        while sent and now - sent[0] >= window_seconds:
            sent.popleft()
        if len(sent) >= limit:
            return window_seconds - (now - sent[0])
        sent.append(now)
        return 0.0
