"""What someone with access to Redis can make our processes run."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from adapters.outbound.jobs.json_job import FUNCTIONS, JOB_FUNCTION, ForbiddenJob, JsonJob
from adapters.outbound.jobs.rq_queue import INBOX_QUEUE, TICK_QUEUE, open_queue
from adapters.outbound.jobs.tick import TickingScheduler
from entrypoints.processes import worker_jobs

ARGUMENTS = ["inbox", "hotel", "connection", "c"]


class Marker:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def stored(redis: Redis, data: bytes, **fields: str | bytes) -> JsonJob:
    """A job as it is found in Redis."""
    values = {"data": data, "origin": INBOX_QUEUE, "status": "queued", "timeout": "60", **fields}
    redis.hset(Job.key_for("planted"), mapping=values)
    return JsonJob.fetch("planted", connection=redis)


def call(function: str, *arguments: object, instance: object = None, **options: object) -> bytes:
    return json.dumps([function, instance, arguments, options]).encode()


class TestFunctions:
    @pytest.mark.parametrize(
        "data",
        [
            call("os.system", "true"),
            call("subprocess.check_output", ["true"]),
            call("builtins.eval", "1"),
            call("upper", instance="text"),
            call(JOB_FUNCTION, *ARGUMENTS, instance="text"),
            call("entrypoints.processes.worker_jobs.load_settings"),
            call(JOB_FUNCTION, ["inbox"], {"a": 1}),
            call(JOB_FUNCTION, name="inbox"),
            call(f"{JOB_FUNCTION}.__globals__"),
            b"no JSON",
            b"[1]",
            b'[["os.system"], null, {"a": 1}, {}]',
        ],
    )
    def test_of_others_are_never_called(self, redis: Redis, data: bytes) -> None:
        with pytest.raises(ForbiddenJob):
            stored(redis, data).perform()

    @pytest.mark.filterwarnings("ignore:entrypoints.worker_jobs is deprecated")
    @pytest.mark.parametrize("function", sorted(FUNCTIONS))
    def test_of_this_package_and_of_version_0_1_run(
        self, redis: Redis, function: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[tuple[str, ...]] = []
        module, _, name = function.rpartition(".")
        monkeypatch.setattr(f"{module}.{name}", lambda *arguments: calls.append(arguments))
        stored(redis, call(function, *ARGUMENTS)).perform()
        assert calls == [tuple(ARGUMENTS)]


class TestPickle:
    def test_is_never_loaded(self, redis: Redis, tmp_path: Path) -> None:
        pickled = pickle.dumps(Marker(tmp_path / "ran"))
        queue = open_queue(INBOX_QUEUE, redis)
        stored(redis, pickled, meta=pickled, result=pickled)
        for serializer in (None, pickle, JSONSerializer):
            job = JsonJob.fetch("planted", connection=redis, serializer=serializer)
            assert not job.is_ours
        assert queue.fetch_job("planted") is not None
        assert not (tmp_path / "ran").exists()


class TestCallbacks:
    def test_of_a_job_are_ignored(
        self, redis: Redis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """A worker takes the planted job off its queue, and the cleanup finds an abandoned one."""
        monkeypatch.setattr(worker_jobs, "run_job", lambda *_: None)
        callback = {
            f"{kind}_callback_name": "os.system" for kind in ("success", "failure", "stopped")
        }
        hook = json.dumps([{"url": "http://127.0.0.1:1/", "statuses": ["finished", "failed"]}])
        job = stored(redis, call(JOB_FUNCTION, *ARGUMENTS), webhooks=hook, **callback)
        assert (job.success_callback, job.failure_callback, job.stopped_callback) == (None,) * 3
        assert job.webhooks == []
        queue = open_queue(INBOX_QUEUE, redis)
        assert queue.started_job_registry.job_class is JsonJob
        redis.rpush(queue.key, "planted")
        worker = SimpleWorker(
            [queue], connection=redis, job_class=JsonJob, serializer=JSONSerializer
        )
        assert worker.work(burst=True, logging_level="WARNING")
        assert queue.failed_job_registry.count == 0


class TestScheduler:
    def test_removes_jobs_of_others(self, redis: Redis, tmp_path: Path) -> None:
        scheduler = TickingScheduler(redis, every=15)
        scheduler.register_tick()
        planted = pickle.dumps(Marker(tmp_path / "ran"))
        meta = json.dumps({"queue_class_name": "os.system"})
        stored(redis, call("os.system", "true"), meta=meta)
        redis.hset(Job.key_for("pickled"), mapping={"data": planted, "meta": planted})
        redis.zadd(TickingScheduler.scheduled_jobs_key, {"planted": 0, "pickled": 0})
        scheduler.enqueue_jobs()
        assert redis.zrange(scheduler.scheduled_jobs_key, 0, -1) == [b"pms-tick"]
        assert redis.keys("rq:queue:*") == [f"rq:queue:{TICK_QUEUE}".encode()]
        assert not (tmp_path / "ran").exists()

    def test_opens_no_queue_class_that_a_job_names(self, redis: Redis) -> None:
        meta = json.dumps({"queue_class_name": "os.system"})
        job = stored(redis, call(JOB_FUNCTION, *ARGUMENTS), meta=meta)
        redis.zadd(TickingScheduler.scheduled_jobs_key, {job.id: 0})
        TickingScheduler(redis, every=15).enqueue_jobs()
        assert redis.lrange(f"rq:queue:{INBOX_QUEUE}", 0, -1) == [b"planted"]
