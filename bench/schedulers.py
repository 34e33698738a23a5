"""rq-scheduler, which `pms scheduler` runs, against the two schedulers of RQ itself: what each asks
of Redis, what a crash between two of its steps does, and whether it pickles.

Counts, no times: the server counts the commands, and a client that dies at its n-th message stands
for a killed process.
"""

import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, cast

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry
from rq.cron import CronScheduler
from rq.job import Job
from rq.registry import ScheduledJobRegistry
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from adapters.outbound.jobs.json_job import TICK_FUNCTION
from adapters.outbound.jobs.rq_queue import QUEUES, TICK_QUEUE, open_queue
from adapters.outbound.jobs.tick import TICK_ID, TickingScheduler
from bench.report import Figure, Result
from entrypoints.processes.worker_jobs import run_tick
from tests.servers import ValkeyServer

EVERY: Final = 15
ROUNDS: Final = 20
EXPECTED: Final = 0.1
_FUTURE: Final = timedelta(days=1)


class Clockwork(Protocol):
    """One scheduler process. `round` does what its loop does once."""

    def round(self) -> None: ...

    def make_due(self) -> None:
        """The next round enqueues the tick."""


class RqSchedulerClockwork:
    """rq-scheduler with our job class; a round each second."""

    def __init__(self, client: "redis.Redis") -> None:
        self._scheduler = TickingScheduler(client, every=EVERY)
        self._scheduler.register_birth()

    def round(self) -> None:
        self._scheduler.heartbeat()
        if self._scheduler.acquire_lock():
            self._scheduler.enqueue_jobs()
            self._scheduler.heartbeat()
            self._scheduler.remove_lock()

    def make_due(self) -> None:
        self._scheduler.connection.zadd(self._scheduler.scheduled_jobs_key, {TICK_ID: 0})


class RqOwnClockwork:
    """RQ's RQScheduler, which enqueues jobs at their time; it repeats none, so the tick is
    scheduled anew in each round in which it is missing. A round each second."""

    def __init__(self, client: "redis.Redis") -> None:
        self._queue = open_queue(TICK_QUEUE, client)
        self._ticks = ScheduledJobRegistry(queue=self._queue)
        self._scheduler = RQScheduler(QUEUES, client, interval=1, serializer=JSONSerializer)
        self._scheduler._connection = client  # noqa: SLF001  # else it opens one that never dies
        self._scheduler.register_birth()
        self._scheduler.acquire_locks()

    def round(self) -> None:
        if not self._ticks.get_job_ids():
            at = datetime.now(UTC) + timedelta(seconds=EVERY)
            self._queue.enqueue_at(at, TICK_FUNCTION, job_id=TICK_ID, result_ttl=0)
        self._scheduler.enqueue_scheduled_jobs()
        self._scheduler.heartbeat()

    def make_due(self) -> None:
        self._queue.enqueue_at(
            datetime.fromtimestamp(0, UTC), TICK_FUNCTION, job_id=TICK_ID, result_ttl=0
        )


class RqCronClockwork:
    """RQ's CronScheduler; it sleeps until the next tick."""

    def __init__(self, client: "redis.Redis") -> None:
        self._scheduler = CronScheduler(connection=client)
        self._job = self._scheduler.register(run_tick, TICK_QUEUE, interval=EVERY)
        self._scheduler.register_birth()

    def round(self) -> None:
        if self._scheduler.enqueue_jobs():
            self._scheduler.save()
        self._scheduler.heartbeat()

    def make_due(self) -> None:
        self._job.set_enqueue_time(datetime.now(UTC) - _FUTURE)


SCHEDULERS: Final[Mapping[str, Callable[["redis.Redis"], Clockwork]]] = {
    "rq_scheduler": RqSchedulerClockwork,
    "rq_own": RqOwnClockwork,
    "rq_cron": RqCronClockwork,
}
ROUNDS_PER_MINUTE: Final = {"rq_scheduler": 60, "rq_own": 60, "rq_cron": 60 // EVERY}


def measure() -> Result:
    """The ratio compares commands per minute: those of the cheapest of RQ's own with ours."""
    figures: dict[str, Figure] = {"every_seconds": EVERY}
    per_minute: dict[str, float] = {}
    with ValkeyServer() as server:
        for name, build in SCHEDULERS.items():
            idle, tick = _commands(server, build)
            ticks = 60 // EVERY
            per_minute[name] = idle * (ROUNDS_PER_MINUTE[name] - ticks) + tick * ticks
            figures[f"{name}_commands_idle"] = idle
            figures[f"{name}_commands_tick"] = tick
            figures[f"{name}_commands_minute"] = per_minute[name]
            figures[f"{name}_pickles"] = "yes" if _pickles(server, build) else "no"
            figures[f"{name}_unworked_ticks"] = _unworked(server, build)
            figures[f"{name}_lock_seconds"] = _lock_seconds(server, build)
            figures[f"{name}_after_crash"] = list(_after_crashes(server, build))
    ratio = min(per_minute["rq_own"], per_minute["rq_cron"]) / per_minute["rq_scheduler"]
    return Result("schedulers", ratio, EXPECTED, figures)


def _commands(
    server: ValkeyServer, build: Callable[["redis.Redis"], Clockwork]
) -> tuple[float, float]:
    """Per round without and with a tick. A worker takes each tick at once."""
    with _emptied(server) as client, redis.Redis.from_url(server.url()) as admin:
        clockwork = build(client)
        clockwork.round()
        _take(admin)
        clockwork.round()
        idle = _count(admin, clockwork.round)
        with_tick = 0.0
        for _ in range(ROUNDS):
            clockwork.make_due()
            with_tick += _count(admin, clockwork.round) / ROUNDS
            _take(admin)
        return idle, with_tick


def _unworked(server: ValkeyServer, build: Callable[["redis.Redis"], Clockwork]) -> int:
    """How long the queue is after four ticks that no worker took."""
    with _emptied(server) as client:
        clockwork = build(client)
        for _ in range(4):
            clockwork.make_due()
            clockwork.round()
        return cast("int", client.llen(open_queue(TICK_QUEUE, client).key))


def _after_crashes(
    server: ValkeyServer, build: Callable[["redis.Redis"], Clockwork]
) -> Iterator[int]:
    """The length of the queue after a crash at each message of a due round, and one round of the
    process that replaces it: 1 is right, 0 is a tick that comes later or never, 2 one too many."""
    for messages in range(1, 100):
        with _emptied(server) as client:
            dying = _DyingClient(server.url())
            clockwork = build(dying.client)
            clockwork.make_due()
            dying.messages_left = messages
            with suppress(RedisConnectionError):
                clockwork.round()
            if not dying.is_dead:
                return
            _expire_locks(client)
            build(client).round()
            yield cast("int", client.llen(open_queue(TICK_QUEUE, client).key))


def _expire_locks(client: "redis.Redis") -> int:
    """Removes what the killed process held; returns how many seconds that would have taken."""
    locks = cast("list[bytes]", client.keys("rq:*lock*"))
    seconds = [cast("int", client.ttl(lock)) for lock in locks]
    for lock in locks:
        client.delete(lock)
    return max(seconds, default=0)


def _lock_seconds(server: ValkeyServer, build: Callable[["redis.Redis"], Clockwork]) -> int:
    """How long a killed process keeps others out at most."""
    with _emptied(server) as client:
        dying = _DyingClient(server.url())
        clockwork = build(dying.client)
        clockwork.make_due()
        dying.messages_left = 3
        with suppress(RedisConnectionError):
            clockwork.round()
        return _expire_locks(client)


def _pickles(server: ValkeyServer, build: Callable[["redis.Redis"], Clockwork]) -> bool:
    with _emptied(server) as client:
        clockwork = build(client)
        clockwork.make_due()
        clockwork.round()
        (job_id,) = cast("list[bytes]", client.lrange(open_queue(TICK_QUEUE, client).key, 0, 0))
        job = Job.fetch(job_id.decode(), connection=client)
        try:
            json.loads(job.data)
        except ValueError:
            pickle.loads(job.data)  # written by the line above
            return True
        return False


@contextmanager
def _emptied(server: ValkeyServer) -> Iterator["redis.Redis"]:
    server.flush()
    with redis.Redis.from_url(server.url()) as client:
        yield client


def _take(client: "redis.Redis") -> None:
    """What a worker does with the queue."""
    client.delete(open_queue(TICK_QUEUE, client).key)


def _count(admin: "redis.Redis", act: Callable[[], None]) -> float:
    before = _calls(admin)
    act()
    return float(_calls(admin) - before - 1)  # without the first INFO


def _calls(admin: "redis.Redis") -> int:
    stats = cast("dict[str, dict[str, Any]]", admin.info("commandstats"))
    return sum(int(each["calls"]) for each in stats.values())


class _DyingClient:
    """Sends `messages_left` more messages; a pipeline is one, as the server gets it whole."""

    def __init__(self, url: str) -> None:
        self.messages_left = 1_000_000
        self.is_dead = False
        dying = self

        class Connection(redis.Connection):
            def send_packed_command(self, *arguments: Any, **options: Any) -> None:
                dying.is_dead = dying.messages_left <= 0
                if dying.is_dead:
                    raise RedisConnectionError("killed")
                dying.messages_left -= 1
                super().send_packed_command(*arguments, **options)

        pool = redis.ConnectionPool.from_url(
            url, connection_class=Connection, retry=Retry(NoBackoff(), 0)
        )
        self.client = redis.Redis(connection_pool=pool)
