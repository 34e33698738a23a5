"""SIGTERM ends worker and scheduler also while Redis is away."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from adapters.outbound.jobs.tick import TICK_ID
from entrypoints.processes import stop_signals
from entrypoints.processes.scheduler import run_scheduler
from entrypoints.processes.worker import run_worker
from entrypoints.wiring.settings import Settings
from tests.processes import wait_until
from tests.servers import ValkeyServer


def has_tick(redis: Redis) -> Any:
    return redis.zscore("rq:scheduler:scheduled_jobs", TICK_ID) is not None


def has_idle_worker(redis: Redis) -> Any:
    return any(redis.hget(key, "state") == b"idle" for key in redis.keys("rq:worker:*"))


def run_in_child(run: Callable[[Settings], None], settings: Settings) -> int:
    child = os.fork()
    if child == 0:
        try:
            run(settings)
        finally:
            os._exit(3)
    return child


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(
    ("run", "is_at_work"), [(run_scheduler, has_tick), (run_worker, has_idle_worker)]
)
class TestSigterm:
    def test_ends_the_process_while_redis_is_away(
        self,
        run: Callable[[Settings], None],
        is_at_work: Callable[[Redis], Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(stop_signals, "STOP_SECONDS", 0.1)
        with ValkeyServer() as server:
            child = run_in_child(run, Settings(redis_url=server.url()))
            with Redis.from_url(server.url()) as redis:
                wait_until(lambda: is_at_work(redis), seconds=60, description="the process works")
            server.crash()
            os.kill(child, signal.SIGTERM)
            ended: list[int] = []

            def has_ended() -> bool:
                pid, status = os.waitpid(child, os.WNOHANG)
                if pid:
                    ended.append(os.waitstatus_to_exitcode(status))
                return bool(ended)

            try:
                wait_until(has_ended, seconds=10, description="the process ended")
            finally:
                if not ended:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
        assert ended == [0]
