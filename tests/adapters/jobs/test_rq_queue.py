"""The marks that say which jobs are queued, or are to be queued again after the running ones."""

import zlib
from datetime import UTC, datetime
from math import ceil
from typing import cast
from uuid import UUID

import pytest
from redis import Redis
from rq.executions import Execution
from rq.job import JobStatus
from rq.registry import clean_registries

from adapters.outbound.jobs.bulk_enqueue import BATCH
from adapters.outbound.jobs.json_job import JOB_FUNCTION, JsonJob
from adapters.outbound.jobs.rq_queue import (
    INBOX_QUEUE,
    RqJobQueue,
    begin_job,
    end_job,
    open_queue,
)
from adapters.outbound.jobs.tick import TickingScheduler
from ports.job_queue import Job, JobName
from tests import builders
from tests.traffic_counts import CountedRedis


@pytest.fixture
def queue(redis: Redis) -> RqJobQueue:
    return RqJobQueue(redis)


def inbox_of(connection: int) -> Job:
    return builders.job(JobName.CONNECTION_INBOX, connection)


def queued(redis: Redis) -> list[int]:
    """The connections in the order of the line."""
    return [UUID(job.args[2]).int for job in open_queue(INBOX_QUEUE, redis).jobs]


def take(redis: Redis) -> JsonJob:
    """The next job, as a worker begins it."""
    taken = open_queue(INBOX_QUEUE, redis).dequeue_any(
        [open_queue(INBOX_QUEUE, redis)], None, connection=redis, job_class=JsonJob
    )
    assert taken is not None
    job = taken[0]
    assert isinstance(job, JsonJob)
    begin_job(redis, job.id)
    return job


def end(redis: Redis, job: JsonJob) -> None:
    job.delete()
    end_job(redis, job)


class TestEnqueue:
    def test_queues_each_subject_once_in_order(self, redis: Redis, queue: RqJobQueue) -> None:
        queue.enqueue([inbox_of(1), inbox_of(2), inbox_of(1)])
        queue.enqueue([inbox_of(2), inbox_of(3)])
        assert queued(redis) == [1, 2, 3]

    def test_of_a_running_job_queues_it_behind_the_others(
        self, redis: Redis, queue: RqJobQueue
    ) -> None:
        queue.enqueue([inbox_of(1), inbox_of(2)])
        running = take(redis)
        for _ in range(3):
            queue.enqueue([inbox_of(1)])
        assert queued(redis) == [2]
        end(redis, running)
        assert queued(redis) == [2, 1]

    def test_while_it_is_queued_again_is_not_forgotten(
        self, redis: Redis, queue: RqJobQueue
    ) -> None:
        queue.enqueue([inbox_of(1)])
        first = take(redis)
        queue.enqueue([inbox_of(1)])
        end(redis, first)
        second = take(redis)
        end(redis, second)
        assert queued(redis) == []
        queue.enqueue([inbox_of(1)])
        assert queued(redis) == [1]

    def test_survives_the_loss_of_redis(self, redis: Redis, queue: RqJobQueue) -> None:
        queue.enqueue([inbox_of(1)])
        running = take(redis)
        redis.flushall()
        end_job(redis, running)
        queue.enqueue([inbox_of(1)])
        assert queued(redis) == [1]


class TestManyJobs:
    def test_are_one_message_and_a_command_per_batch(self, redis_url: str) -> None:
        counted = CountedRedis(redis_url)
        queue = RqJobQueue(counted.client)
        queue.enqueue([inbox_of(0)])
        messages = []
        for number in (2, 2 * BATCH + 1):
            before = counted.commands("evalsha")
            jobs = [inbox_of(each) for each in range(number)]
            jobs += [builders.job(JobName.SYNC, each) for each in range(number)]
            messages.append(counted.count(lambda jobs=jobs: queue.enqueue(jobs)))
            assert counted.commands("evalsha") - before == 2 * ceil(number / BATCH)
        assert messages[0] == messages[1] <= 2
        assert queued(counted.client) == list(range(2 * BATCH + 1))

    def test_is_one_message_while_it_is_queued(self, redis_url: str) -> None:
        """A flood of messages for one connection."""
        counted = CountedRedis(redis_url)
        queue = RqJobQueue(counted.client)
        queue.enqueue([inbox_of(1)])
        assert counted.count(lambda: queue.enqueue([inbox_of(1)])) == 1

    def test_are_stored_as_rq_stores_them(self, redis: Redis, queue: RqJobQueue) -> None:
        options = {"timeout": 15 * 60, "result_ttl": 0, "failure_ttl": 0, "unique": True}
        for number in (1, 2):
            job = inbox_of(number)
            job_id = f"{job.name}-{job.subject_id}"
            arguments = (job.name.value, str(job.hotel_id), str(job.subject_id), "c")
            open_queue(INBOX_QUEUE, redis).enqueue_call(
                JOB_FUNCTION, arguments, job_id=job_id, description=job_id, **options
            )
        theirs = stored_jobs(redis)
        redis.flushdb()
        queue.enqueue([inbox_of(1), inbox_of(2)])
        ours = stored_jobs(redis)
        assert len(ours) == 2
        assert ours == theirs
        assert redis.smembers("rq:queues") == {f"rq:queue:{INBOX_QUEUE}".encode()}

    def test_leave_the_mark_and_the_job_of_another_alone(
        self, redis: Redis, queue: RqJobQueue
    ) -> None:
        queue.enqueue([inbox_of(1)])
        running = take(redis)
        queue.enqueue([inbox_of(number) for number in (1, 2)])
        assert queued(redis) == [2]
        end(redis, running)
        assert queued(redis) == [2, 1]


def stored_jobs(redis: Redis) -> list[dict[bytes, bytes]]:
    """Without their times, and with their calls as JSON."""
    found = []
    for job in open_queue(INBOX_QUEUE, redis).jobs:
        fields = cast("dict[bytes, bytes]", redis.hgetall(job.key))
        times = [fields.pop(name) for name in (b"created_at", b"enqueued_at")]
        assert all(time.endswith(b"Z") for time in times)
        fields[b"data"] = zlib.decompress(fields[b"data"])
        found.append(fields)
    return found


class TestRunAgain:
    def test_queues_the_running_job_behind_the_others(
        self, redis: Redis, queue: RqJobQueue
    ) -> None:
        queue.enqueue([inbox_of(1), inbox_of(2)])
        running = take(redis)
        queue.run_again(inbox_of(1))
        end(redis, running)
        assert queued(redis) == [2, 1]

    def test_after_a_pause_is_left_to_the_scheduler(self, redis: Redis, queue: RqJobQueue) -> None:
        queue.enqueue([inbox_of(1)])
        running = take(redis)
        queue.run_again(inbox_of(1), after_seconds=3_600)
        end(redis, running)
        queue.enqueue([inbox_of(1)])
        assert queued(redis) == []
        scheduler = TickingScheduler(redis, every=15)
        scheduler.enqueue_jobs()
        assert queued(redis) == []
        redis.zadd(scheduler.scheduled_jobs_key, {running.id: 0})
        scheduler.enqueue_jobs()
        assert queued(redis) == [1]

    def test_queues_nothing_for_a_job_of_others(self, redis: Redis, queue: RqJobQueue) -> None:
        queue.enqueue([inbox_of(1)])
        running = take(redis)
        queue.run_again(inbox_of(1))
        running.func_name = "os.system"
        end(redis, running)
        assert queued(redis) == []


class TestEmptiedRedis:
    def test_queues_a_job_again_that_a_worker_was_running(
        self, redis: Redis, queue: RqJobQueue
    ) -> None:
        """The worker writes its heartbeat to the job that is gone."""
        queue.enqueue([inbox_of(1)])
        job = take(redis)
        redis.flushdb()
        job.heartbeat(datetime.now(UTC), ttl=60)
        assert redis.exists(job.key)
        queue.enqueue([inbox_of(1)])
        assert queued(redis) == [1]


class TestMaintenance:
    def test_ends_the_job_of_a_killed_worker(self, redis: Redis, queue: RqJobQueue) -> None:
        """Its execution expires a minute before the index that lists it."""
        queue.enqueue([inbox_of(1)])
        job = take(redis)
        with redis.pipeline() as pipeline:
            job.set_status(JobStatus.STARTED, pipeline=pipeline)
            execution = Execution.create(job, ttl=0, pipeline=pipeline)
            pipeline.execute()
        assert not redis.exists(execution.key)
        assert redis.exists(job.execution_registry.key)
        clean_registries(open_queue(INBOX_QUEUE, redis))
        assert not job.started_job_registry.count
        assert not JsonJob.exists(job.id, redis)
