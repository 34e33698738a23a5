from datetime import UTC, datetime, timedelta

import pytest
import rq_scheduler.scheduler
from redis import Redis
from rq.job import Job

from adapters.outbound.jobs.json_job import TICK_FUNCTION, JsonJob
from adapters.outbound.jobs.rq_queue import TICK_QUEUE
from adapters.outbound.jobs.tick import TICK_ID, WAITING_TICKS, TickingScheduler

TICK_FUNCTION_OF_VERSION_0_1 = "entrypoints.worker_jobs.run_tick"


def scheduler_for(redis: Redis, function: str) -> TickingScheduler:
    return TickingScheduler(redis, function=function, every=15)


def scheduled_ticks(redis: Redis) -> list[tuple[str, str]]:
    """Id and function of each scheduled job."""
    ids = redis.zrange(TickingScheduler.scheduled_jobs_key, 0, -1)
    jobs = [JsonJob.fetch(each.decode(), connection=redis) for each in ids]
    return [(job.id, job.func_name) for job in jobs]


class TestRegisterTick:
    def test_schedules_the_tick_once(self, redis: Redis) -> None:
        scheduler = scheduler_for(redis, TICK_FUNCTION)
        scheduler.register_tick()
        redis.zadd(scheduler.scheduled_jobs_key, {TICK_ID: 5})
        scheduler.register_tick()
        assert scheduled_ticks(redis) == [(TICK_ID, TICK_FUNCTION)]
        assert redis.zscore(scheduler.scheduled_jobs_key, TICK_ID) == 5

    def test_replaces_a_tick_that_a_clock_ahead_has_postponed(self, redis: Redis) -> None:
        scheduler = scheduler_for(redis, TICK_FUNCTION)
        scheduler.register_tick()
        redis.zadd(scheduler.scheduled_jobs_key, {TICK_ID: redis.time()[0] + 3600})
        scheduler.register_tick()
        assert redis.zscore(scheduler.scheduled_jobs_key, TICK_ID) == 0

    def test_replaces_the_tick_of_an_earlier_version(self, redis: Redis) -> None:
        scheduler_for(redis, TICK_FUNCTION_OF_VERSION_0_1).register_tick()
        assert scheduled_ticks(redis) == [(TICK_ID, TICK_FUNCTION_OF_VERSION_0_1)]
        scheduler_for(redis, TICK_FUNCTION).register_tick()
        assert scheduled_ticks(redis) == [(TICK_ID, TICK_FUNCTION)]

    def test_schedules_jobs_lost_by_redis_again(self, redis: Redis) -> None:
        scheduler = scheduler_for(redis, TICK_FUNCTION)
        scheduler.register_tick()
        redis.delete(Job.key_for(TICK_ID))
        scheduler.register_tick()
        assert scheduled_ticks(redis) == [(TICK_ID, TICK_FUNCTION)]


class TestWrongClock:
    @pytest.mark.parametrize("hours", [-1, 1])
    def test_does_not_move_the_tick(
        self, redis: Redis, monkeypatch: pytest.MonkeyPatch, hours: int
    ) -> None:
        """The next one is due at the interval after now, by the clock of Redis."""

        class WrongTime(datetime):
            @classmethod
            def utcnow(cls) -> datetime:
                return datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=hours)

        monkeypatch.setattr(rq_scheduler.scheduler, "datetime", WrongTime)
        scheduler = scheduler_for(redis, TICK_FUNCTION)
        before = redis.time()[0]
        scheduler.enqueue_jobs()
        due_at = redis.zscore(scheduler.scheduled_jobs_key, TICK_ID)
        assert before + 15 <= due_at <= redis.time()[0] + 15
        assert list(scheduler.get_jobs_to_queue()) == []
        redis.zadd(scheduler.scheduled_jobs_key, {TICK_ID: redis.time()[0]})
        assert [job.id for job in scheduler.get_jobs_to_queue()] == [TICK_ID]


class TestWaitingTicks:
    def test_are_logged_when_they_begin_and_when_they_end(
        self, redis: Redis, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        scheduler = scheduler_for(redis, TICK_FUNCTION)
        key = f"rq:queue:{TICK_QUEUE}"
        redis.rpush(key, *["waiting"] * WAITING_TICKS)
        for _ in range(3):
            scheduler.log_waiting_ticks()
        redis.delete(key)
        for _ in range(3):
            scheduler.log_waiting_ticks()
        assert [each.message for each in caplog.records] == ["tick_unavailable", "tick_available"]
