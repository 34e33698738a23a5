"""How many of the workers one vendor may hold."""

import json
from uuid import UUID

import pytest
from redis import Redis

from adapters.outbound.jobs.json_job import JsonJob
from adapters.outbound.jobs.rq_queue import (
    SYNC_QUEUE,
    RqJobQueue,
    begin_job,
    end_job,
    job_id_of,
    open_queue,
    queue_parked,
)
from adapters.outbound.jobs.vendor_turns import (
    QUICK_CALL_SECONDS,
    RedisVendorTurns,
    end_turn,
    renew_turn,
)
from ports.job_queue import Job, JobName
from tests import builders

QUICK, SLOW = 0.1, QUICK_CALL_SECONDS + 1


@pytest.fixture
def turns(redis: Redis) -> RedisVendorTurns:
    return RedisVendorTurns(redis)


def job(number: int) -> Job:
    return builders.job(JobName.SYNC, number)


def start_workers(redis: Redis, count: int) -> None:
    redis.sadd("rq:workers:pms-sync", *range(count))


def begin(turns: RedisVendorTurns, number: int, vendor: str = "v") -> bool:
    """A job of the connection with this number."""
    return turns.begin(job(number), vendor=vendor, connection_id=UUID(int=number))


def measure(turns: RedisVendorTurns, *connections: int, seconds: float, vendor: str = "v") -> None:
    for each in connections:
        turns.measured(vendor=vendor, connection_id=UUID(int=each), seconds_per_call=seconds)


def end(redis: Redis, number: int) -> list[int]:
    """The jobs that may begin now."""
    ended = end_turn(redis, job_id_of(job(number)))
    return [UUID(subject).int for _, _, subject, _ in ended]


class TestOneWorker:
    def test_serves_every_vendor(self, redis: Redis, turns: RedisVendorTurns) -> None:
        start_workers(redis, 1)
        measure(turns, 1, 2, seconds=SLOW)
        for number in (1, 2, 3):
            assert begin(turns, number, vendor=f"v{number}")
            end(redis, number)


class TestUnknownConnections:
    def test_hold_half_of_the_workers(self, redis: Redis, turns: RedisVendorTurns) -> None:
        start_workers(redis, 4)
        assert [begin(turns, number) for number in range(4)] == [True, True, False, False]
        assert begin(turns, 9, vendor="other")

    def test_begin_in_their_order_when_a_turn_ends(
        self, redis: Redis, turns: RedisVendorTurns
    ) -> None:
        start_workers(redis, 2)
        assert [begin(turns, number) for number in (1, 2, 3)] == [True, False, False]
        assert turns.is_wanted("v")
        assert end(redis, 1) == [2]
        assert begin(turns, 2)
        assert end(redis, 2) == [3]
        assert not turns.is_wanted("v")

    def test_wait_once_however_often_they_are_queued(
        self, redis: Redis, turns: RedisVendorTurns
    ) -> None:
        start_workers(redis, 2)
        assert [begin(turns, number) for number in (1, 2, 2, 2)] == [True, False, False, False]
        assert (end(redis, 1), end(redis, 1)) == ([2], [])


class TestQuickConnections:
    def test_of_a_single_vendor_hold_all_workers(
        self, redis: Redis, turns: RedisVendorTurns
    ) -> None:
        start_workers(redis, 2)
        measure(turns, 1, 2, seconds=QUICK)
        assert [begin(turns, number) for number in (1, 2)] == [True, True]

    def test_leave_one_worker_to_other_vendors(self, redis: Redis, turns: RedisVendorTurns) -> None:
        start_workers(redis, 3)
        begin(turns, 9, vendor="other")
        end(redis, 9)
        measure(turns, 1, 2, 3, seconds=QUICK)
        assert [begin(turns, number) for number in (1, 2, 3)] == [True, True, False]
        assert end(redis, 1) == [3]

    def test_do_not_wait_for_slow_ones_of_their_vendor(
        self, redis: Redis, turns: RedisVendorTurns
    ) -> None:
        start_workers(redis, 2)
        measure(turns, 1, 2, seconds=SLOW)
        measure(turns, 3, seconds=QUICK)
        assert [begin(turns, number) for number in (1, 2, 3)] == [True, False, True]

    def test_prove_it_again_once_their_vendor_became_slow(
        self, redis: Redis, turns: RedisVendorTurns
    ) -> None:
        start_workers(redis, 2)
        measure(turns, 1, 2, 3, seconds=QUICK)
        measure(turns, 1, seconds=SLOW)
        assert [begin(turns, number) for number in (2, 3)] == [True, False]


class TestSlowConnections:
    def test_of_all_vendors_leave_one_worker(self, redis: Redis, turns: RedisVendorTurns) -> None:
        start_workers(redis, 3)
        for number in (1, 2, 3):
            measure(turns, number, seconds=SLOW, vendor=f"v{number}")
        began = [begin(turns, number, vendor=f"v{number}") for number in (1, 2, 3)]
        assert began == [True, True, False]
        assert begin(turns, 4, vendor="quick")
        assert end(redis, 1) == [3]


class TestDeadWorker:
    def test_loses_its_turn(self, redis: Redis, turns: RedisVendorTurns) -> None:
        start_workers(redis, 2)
        assert begin(turns, 1)
        key = f"pms:turn:{job_id_of(job(1))}"
        redis.expire(key, 1_000)
        renew_turn(redis, job_id_of(job(1)))
        assert 0 < redis.ttl(key) <= 60
        redis.delete(key)
        assert begin(turns, 2)


class TestParkedJob:
    def test_is_not_queued_meanwhile_and_then_once(
        self, redis: Redis, turns: RedisVendorTurns
    ) -> None:
        start_workers(redis, 2)
        queue = RqJobQueue(redis)
        assert [begin(turns, number) for number in (1, 2)] == [True, False]
        queue.enqueue([job(2)])
        assert not queue.is_waiting(JobName.SYNC)
        for arguments in end_turn(redis, job_id_of(job(1))):
            queue_parked(redis, arguments)
        queue.enqueue([job(2)])
        assert redis.llen("rq:queue:pms-sync") == 1

    def test_is_queued_after_it_ended_if_its_turn_came_before(
        self, redis: Redis, turns: RedisVendorTurns
    ) -> None:
        start_workers(redis, 2)
        RqJobQueue(redis).enqueue([job(2)])
        [running] = open_queue(SYNC_QUEUE, redis).jobs
        redis.delete("rq:queue:pms-sync")
        begin_job(redis, running.id)
        assert [begin(turns, number) for number in (1, 2)] == [True, False]
        for arguments in end_turn(redis, job_id_of(job(1))):
            queue_parked(redis, arguments)
        assert redis.llen("rq:queue:pms-sync") == 0
        running.delete()
        assert isinstance(running, JsonJob)
        end_job(redis, running)
        assert redis.llen("rq:queue:pms-sync") == 1

    def test_holds_ids_only(self, redis: Redis, turns: RedisVendorTurns) -> None:
        start_workers(redis, 2)
        assert [begin(turns, number) for number in (1, 2)] == [True, False]
        [payload] = redis.zrange("pms:parked:v", 0, -1)
        assert json.loads(payload) == ["sync", str(UUID(int=1)), str(UUID(int=2)), "c"]


class TestWithoutRedis:
    def test_each_job_has_its_turn(self) -> None:
        with Redis.from_url("redis://127.0.0.1:1") as unreachable:
            turns = RedisVendorTurns(unreachable)
            assert [begin(turns, number) for number in (1, 2)] == [True, True]
            measure(turns, 1, seconds=SLOW)
            assert not turns.is_wanted("v")
