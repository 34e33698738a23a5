"""rq-scheduler as a clock: it enqueues the tick at an interval, and jobs that wait for a moment.

The tick is idempotent and the database holds the schedule, so a tick that rq-scheduler loses or
enqueues twice (both happen when it is killed between two steps) does no harm. rq-scheduler always
pickles and imports the queue class that a job names, hence our own job class and queues; it loses
its jobs with Redis, hence the check before each round; it compares times of Redis with its own
machine's, hence Redis' clock in place of it.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, cast

from redis import Redis
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq_scheduler import Scheduler

from adapters.outbound.jobs.json_job import TICK_FUNCTION, JsonJob
from adapters.outbound.jobs.outage_log import OutageLog
from adapters.outbound.jobs.rq_queue import QUEUES, TICK_QUEUE, open_queue

log = logging.getLogger(__name__)

TICK_ID: Final = "pms-tick"
WAITING_TICKS: Final = 3
ROUND_SECONDS: Final = 1
"""Between two looks for jobs whose time has come."""
_EPOCH: Final = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)


class TickingScheduler(Scheduler):  # type: ignore[misc]  # rq-scheduler has no types
    """`function` is the dotted path of the tick, `every` its interval in whole seconds."""

    def __init__(self, redis: Redis, *, every: int, function: str = TICK_FUNCTION) -> None:
        super().__init__(
            queue_name=TICK_QUEUE, connection=redis, interval=ROUND_SECONDS, job_class=JsonJob
        )
        self._function = function
        self._every = every
        self._ticks = open_queue(TICK_QUEUE, redis)
        self._outage = OutageLog(log, "tick")

    def enqueue_jobs(self) -> Any:
        self.register_tick()
        self.log_waiting_ticks()
        return super().enqueue_jobs()

    def get_jobs_to_queue(self, with_times: bool = False) -> Iterator[Any]:  # noqa: FBT001, FBT002  # rq-scheduler's signature
        due: Iterator[Any] = self.get_jobs(self._redis_time(), with_times=with_times)
        return due

    def _redis_time(self) -> int:
        seconds, _ = cast("tuple[int, int]", self.connection.time())
        return seconds

    def enqueue_job(self, job: JsonJob) -> None:
        """Removes a job that is none of ours."""
        if job.is_ours and job.origin in QUEUES:
            super().enqueue_job(job)
            if job.id == TICK_ID:
                self.connection.zadd(
                    self.scheduled_jobs_key, {TICK_ID: self._redis_time() + self._every}
                )
        else:
            log.error("foreign_job", extra={"queue": "scheduled"})
            self.cancel(job)

    def get_queue_for_job(self, job: JsonJob) -> Queue:
        return open_queue(job.origin, self.connection)

    def log_waiting_ticks(self) -> None:
        """Ticks that wait mean that no worker takes them."""
        waiting = self._ticks.count
        if waiting >= WAITING_TICKS:
            self._outage.failed(reason="no worker takes it")
        elif not waiting:
            self._outage.worked()

    def register_tick(self) -> None:
        """Does nothing if the tick is scheduled. A tick of another function, as an earlier version
        registered it, is replaced: both have the same id. So is one that is due later than the next
        one can be: a scheduler of an earlier version, on a machine whose clock is ahead."""
        if self._is_tick_registered():
            return
        self.schedule(
            scheduled_time=_EPOCH,
            func=self._function,
            interval=self._every,
            id=TICK_ID,
            timeout=120,
            result_ttl=-1,
        )

    def _is_tick_registered(self) -> bool:
        due_at = self.connection.zscore(self.scheduled_jobs_key, TICK_ID)
        if due_at is None or due_at > self._redis_time() + self._every:
            return False
        try:
            tick = JsonJob.fetch(TICK_ID, connection=self.connection)
        except NoSuchJobError:
            return False
        return isinstance(tick, JsonJob) and tick.is_ours and tick.func_name == self._function
