"""Readiness: the store is tested seldom, and a store that hangs keeps nobody waiting."""

from datetime import timedelta
from threading import Event
from typing import Any

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.memory.jobs import RecordingJobQueue
from application import check_health
from application.check_health import STORE_CHECK_SECONDS, CheckHealth
from ports.errors import StoreUnavailable


class StoreQueries:
    """Answers while `answers` is set; each call waits for it."""

    def __init__(self) -> None:
        self.answers = Event()
        self.answers.set()
        self.error: Exception | None = None
        self.pings = 0

    def ping(self) -> None:
        self.pings += 1
        self.answers.wait()
        if self.error:
            raise self.error


def health_of(queries: Any, clock: FrozenClock) -> CheckHealth:
    return CheckHealth(queries, RecordingJobQueue(), clock)


class TestCheckHealth:
    def test_tests_the_store_once_in_some_seconds(self) -> None:
        queries, clock = StoreQueries(), FrozenClock()
        health = health_of(queries, clock)
        assert [health().is_ready for _ in range(3)] == [True] * 3
        assert queries.pings == 1
        queries.error = StoreUnavailable()
        clock.advance(timedelta(seconds=STORE_CHECK_SECONDS))
        assert health().parts["store"] == StoreUnavailable.code
        assert queries.pings == 2

    def test_answers_while_the_store_hangs(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(check_health, "ANSWER_SECONDS", 0.01)
        queries = StoreQueries()
        queries.answers.clear()
        health = health_of(queries, FrozenClock())
        assert [health().parts["store"] for _ in range(3)] == [StoreUnavailable.code] * 3
        assert queries.pings == 1
        monkeypatch.setattr(check_health, "ANSWER_SECONDS", 60)
        queries.answers.set()
        assert health().is_ready
