"""rq-scheduler as a bare clock: it enqueues one job, the tick, again and again.

The tick itself is idempotent and the database holds the schedule, so that what rq-scheduler loses
or doubles (it does both when killed between two of its steps) harms nobody. It always pickles,
hence a job class of our own; and it forgets its jobs with Redis, hence the look before each round.
"""

from datetime import UTC, datetime
from typing import Any, Final

from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from adapters.outbound.jobs.rq_queue import TICK_QUEUE

TICK_ID: Final = "pms-tick"
_EPOCH: Final = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)


class JsonJob(Job):
    """What the worker reads with the JSON serializer."""

    def __init__(
        self,
        id: str | None = None,  # noqa: A002  # the name is RQ's
        connection: Redis | None = None,
        serializer: Any = None,
    ) -> None:
        super().__init__(id, connection, serializer or JSONSerializer)


class TickingScheduler(Scheduler):  # type: ignore[misc]  # rq-scheduler has no types
    """`function` is the dotted path of the tick; `every` whole seconds."""

    def __init__(self, redis: Redis, *, function: str, every: int) -> None:
        super().__init__(
            queue_name=TICK_QUEUE, connection=redis, interval=min(every, 5), job_class=JsonJob
        )
        self._function = function
        self._every = every

    def enqueue_jobs(self) -> Any:
        self.register_tick()
        return super().enqueue_jobs()

    def register_tick(self) -> None:
        """Does nothing where the tick is scheduled."""
        if self.connection.zscore(self.scheduled_jobs_key, TICK_ID) is not None and (
            Job.exists(TICK_ID, connection=self.connection)
        ):
            return
        self.schedule(
            scheduled_time=_EPOCH,
            func=self._function,
            interval=self._every,
            id=TICK_ID,
            timeout=120,
            result_ttl=-1,
        )
