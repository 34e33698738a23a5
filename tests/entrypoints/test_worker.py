"""What becomes of a job that is queued while it runs, and of one that waits for a turn."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from redis import Redis
from rq.serializers import JSONSerializer

from adapters.outbound.jobs.json_job import JsonJob
from adapters.outbound.jobs.redis_clients import worker_client
from adapters.outbound.jobs.rq_queue import INBOX_QUEUE, RqJobQueue, open_queue
from adapters.outbound.jobs.vendor_turns import RedisVendorTurns
from entrypoints.processes import worker_jobs
from entrypoints.processes.worker import JobWorker
from ports.job_queue import Job, JobName
from tests import builders


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = worker_client(redis_url)
    yield client
    client.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def inbox_of(connection: int) -> Job:
    return builders.job(JobName.CONNECTION_INBOX, connection)


def work_in_children(redis: Redis) -> None:
    """Until the queue is empty."""
    JobWorker(
        [open_queue(INBOX_QUEUE, redis)],
        connection=redis,
        job_class=JsonJob,
        serializer=JSONSerializer,
    ).work(burst=True, logging_level="ERROR")


def runs(log: Path) -> list[int]:
    return [UUID(line).int for line in log.read_text().splitlines()]


class TestJobQueuedWhileItRuns:
    @pytest.mark.parametrize("dies", [False, True])
    def test_runs_again_after_the_others_even_if_its_process_died(
        self, redis: Redis, log: Path, monkeypatch: pytest.MonkeyPatch, dies: bool
    ) -> None:
        queue = RqJobQueue(redis)

        def run_job(_name: str, _hotel: str, subject: str, _correlation: str) -> None:
            is_first = not log.exists()
            with log.open("a") as file:
                file.write(f"{subject}\n")
            if is_first:
                queue.enqueue([inbox_of(1), inbox_of(1)])
                if dies:
                    os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(worker_jobs, "run_job", run_job)
        queue.enqueue([inbox_of(1), inbox_of(2)])
        work_in_children(redis)
        assert runs(log) == [1, 2, 1]
        assert redis.keys("rq:job:*") == []


class TestJobWithoutTurn:
    def test_is_queued_when_the_turn_of_another_one_ends(
        self, redis: Redis, log: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        turns = RedisVendorTurns(redis)
        redis.sadd("rq:workers:pms-sync", "another", "a third")
        assert turns.begin(inbox_of(3), vendor="v", connection_id=UUID(int=3))

        def run_job(_name: str, _hotel: str, subject: str, _correlation: str) -> None:
            """Of vendor `w` for the first connection, of `v` for the others."""
            connection = UUID(subject)
            vendor = "v" if connection.int != 1 else "w"
            if turns.begin(inbox_of(connection.int), vendor=vendor, connection_id=connection):
                with log.open("a") as file:
                    file.write(f"{subject}\n")

        monkeypatch.setattr(worker_jobs, "run_job", run_job)
        RqJobQueue(redis).enqueue([inbox_of(2), inbox_of(1)])
        work_in_children(redis)
        assert runs(log) == [1]
        redis.delete(f"pms:turn:{JobName.CONNECTION_INBOX}-{UUID(int=3)}")
        RqJobQueue(redis).enqueue([inbox_of(4)])
        work_in_children(redis)
        assert runs(log) == [1, 4, 2]
