"""The job queue: RQ with JSON payloads, one job per subject at a time."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.job import JobStatus
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from adapters.outbound.jobs.bulk_enqueue import JobGroup, add_jobs
from adapters.outbound.jobs.json_job import JOB_FUNCTION, JsonJob
from adapters.outbound.jobs.outage_log import OutageLog
from ports.errors import QueueUnavailable
from ports.job_queue import Job, JobName

INBOX_QUEUE: Final = "pms-inbox"
SYNC_QUEUE: Final = "pms-sync"
TICK_QUEUE: Final = "pms-tick"
QUEUES: Final = (TICK_QUEUE, INBOX_QUEUE, SYNC_QUEUE)

_QUEUE_OF: Final = {
    JobName.CONNECTION_INBOX: INBOX_QUEUE,
    JobName.INBOX: INBOX_QUEUE,
    JobName.SYNC: SYNC_QUEUE,
}
_TIMEOUT_SECONDS: Final = {INBOX_QUEUE: 15 * 60, SYNC_QUEUE: 12 * 60 * 60}
_MARK: Final = "pms:queued:"
_MARK_SECONDS: Final = 60
"""A mark that ends before its running job is made up for by a tick."""


def open_queue(name: str, redis: Redis) -> Queue:
    return Queue(name, connection=redis, serializer=JSONSerializer, job_class=JsonJob)


class RqJobQueue:
    """`function` is the dotted path of the function that the worker calls with (name, hotel id,
    subject id, correlation id).

    A mark in Redis says that a job of a name and subject is queued, or is to be queued again after
    the running one: the worker removes it when the job begins, and looks for it when it ended. So
    what is stored while a job runs is never forgotten, and a flood costs one command per message.
    """

    def __init__(self, redis: Redis, *, function: str = JOB_FUNCTION) -> None:
        self._redis = redis
        self._function = function
        self._outage = OutageLog(logging.getLogger(__name__), "queue")
        self._queues = {name: open_queue(name, redis) for name in QUEUES}

    def is_waiting(self, name: JobName) -> bool:
        with self._translate_redis_errors():
            return self._queues[_QUEUE_OF[name]].count > 0

    def enqueue(self, jobs: Sequence[Job]) -> None:
        by_queue: defaultdict[str, dict[str, Sequence[str]]] = defaultdict(dict)
        for job in jobs:
            by_queue[_QUEUE_OF[job.name]].setdefault(job_id_of(job), arguments_of(job))
        with self._translate_redis_errors():
            groups = [
                _group(self._queues[name], self._function, arguments)
                for name, arguments in by_queue.items()
            ]
            add_jobs(self._redis, groups, mark=_MARK, mark_seconds=_MARK_SECONDS)

    def run_again(self, job: Job, *, after_seconds: float = 0.0) -> None:
        with self._translate_redis_errors():
            seconds = _MARK_SECONDS + int(after_seconds)
            self._redis.set(mark_of(job_id_of(job)), after_seconds, ex=seconds)

    def ping(self) -> None:
        with self._translate_redis_errors():
            self._redis.ping()

    @contextmanager
    def _translate_redis_errors(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            self._outage.failed(error_type=type(error).__name__)
            raise QueueUnavailable from error
        self._outage.worked()


def _group(queue: Queue, function: str, arguments: Mapping[str, Sequence[str]]) -> JobGroup:
    prototype = queue.create_job(function, status=JobStatus.QUEUED, **_options(queue, "prototype"))
    return JobGroup(queue, cast("JsonJob", prototype), arguments)


def _add_job(queue: Queue, job_id: str, arguments: Sequence[str]) -> None:
    add_jobs(queue.connection, [_group(queue, JOB_FUNCTION, {job_id: arguments})])


def begin_job(redis: Redis, job_id: str) -> None:
    """Before it reads what to do."""
    redis.delete(mark_of(job_id))


def end_job(redis: Redis, job: JsonJob) -> None:
    """After RQ removed it. Queues it again if that was asked for; a pause needs rq-scheduler."""
    mark = cast("bytes | None", redis.get(mark_of(job.id)))
    if mark is None or not job.is_ours or job.origin not in QUEUES:
        return
    queue = open_queue(job.origin, redis)
    pause = float(mark)
    if pause < 0:  # it waits for a turn
        return
    if not pause:
        _add_job(queue, job.id, job.args)
        return
    later = queue.create_job(
        JOB_FUNCTION, args=job.args, status=JobStatus.SCHEDULED, **_options(queue, job.id)
    )
    later.save()
    now, _ = cast("tuple[int, int]", redis.time())
    redis.zadd(Scheduler.scheduled_jobs_key, {job.id: now + pause})


def _options(queue: Queue, job_id: str) -> dict[str, Any]:
    """A failed job is forgotten at once, as its id would keep out the next one."""
    return {
        "job_id": job_id,
        "description": job_id,
        "timeout": _TIMEOUT_SECONDS[queue.name],
        "result_ttl": 0,
        "failure_ttl": 0,
    }


def queue_parked(redis: Redis, arguments: Sequence[str]) -> None:
    name, _, subject_id, _ = arguments
    job_id = f"{name}-{subject_id}"
    redis.set(mark_of(job_id), 0, ex=_MARK_SECONDS)
    _add_job(open_queue(_QUEUE_OF[JobName(name)], redis), job_id, arguments)


def arguments_of(job: Job) -> tuple[str, str, str, str]:
    return job.name.value, str(job.hotel_id), str(job.subject_id), job.correlation_id


def job_id_of(job: Job) -> str:
    return f"{job.name}-{job.subject_id}"


def mark_of(job_id: str) -> str:
    return f"{_MARK}{job_id}"
