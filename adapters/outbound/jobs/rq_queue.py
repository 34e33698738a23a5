"""The job queue: RQ with JSON payloads, one job per subject at a time."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from adapters.outbound.jobs.json_job import JOB_FUNCTION, JsonJob
from adapters.outbound.jobs.outage_log import OutageLog
from ports.errors import QueueUnavailable
from ports.job_queue import Job, JobName

INBOX_QUEUE: Final = "pms-inbox"
SYNC_QUEUE: Final = "pms-sync"
TICK_QUEUE: Final = "pms-tick"
QUEUES: Final = (TICK_QUEUE, INBOX_QUEUE, SYNC_QUEUE)

_QUEUE_OF: Final = {JobName.INBOX: INBOX_QUEUE, JobName.SYNC: SYNC_QUEUE}
_TIMEOUT_SECONDS: Final = {JobName.INBOX: 15 * 60, JobName.SYNC: 12 * 60 * 60}
_FAILURE_TTL_SECONDS: Final = 60
"""A failed job blocks a new one for the same subject until this has passed."""


def open_queue(name: str, redis: Redis) -> Queue:
    return Queue(name, connection=redis, serializer=JSONSerializer, job_class=JsonJob)


class RqJobQueue:
    """`function` is the dotted path of the function that the worker calls with (name, hotel id,
    subject id, correlation id)."""

    def __init__(self, redis: Redis, *, function: str = JOB_FUNCTION) -> None:
        self._redis = redis
        self._function = function
        self._outage = OutageLog(logging.getLogger(__name__), "queue")
        self._queues = {name: open_queue(queue, redis) for name, queue in _QUEUE_OF.items()}

    def enqueue(self, jobs: Sequence[Job]) -> None:
        with self._translate_redis_errors():
            for job in jobs:
                with suppress(DuplicateJobError):
                    self._enqueue_one(job)

    def ping(self) -> None:
        with self._translate_redis_errors():
            self._redis.ping()

    def _enqueue_one(self, job: Job) -> None:
        self._queues[job.name].enqueue_call(
            self._function,
            args=(job.name.value, str(job.hotel_id), str(job.subject_id), job.correlation_id),
            job_id=f"{job.name}-{job.subject_id}",
            description=f"{job.name} {job.subject_id}",
            timeout=_TIMEOUT_SECONDS[job.name],
            result_ttl=0,
            failure_ttl=_FAILURE_TTL_SECONDS,
            unique=True,
        )

    @contextmanager
    def _translate_redis_errors(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            self._outage.failed(error_type=type(error).__name__)
            raise QueueUnavailable from error
        self._outage.worked()
