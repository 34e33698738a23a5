"""A tick with many connections due at once, each of a hotel of its own. The floor is what the tick
wrote, sync runs and due times, by one INSERT and one UPDATE into tables with the same indexes, with
nothing decided and nothing enqueued.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any, Final

import psycopg

from adapters.outbound.jobs.rq_queue import SYNC_QUEUE, RqJobQueue, open_queue
from bench.environment import bench_servers, installation_on
from bench.report import Result
from entrypoints.processes.gc_tuning import tune_garbage_collector
from entrypoints.wiring.container import Container
from tests import builders
from tests.traffic_counts import CountedRedis, StatementLog, logged_statements

EXPECTED: Final = 0.1
_HOTEL: Final = {"id": "md5('h' || n)::uuid", "slug": "'hotel-' || n"}
_CONNECTION: Final = {
    "hotel_id": "md5('h' || n)::uuid",
    "id": "md5('c' || n)::uuid",
    "key_hash": "'key ' || n",
    "state": "'active'",
    "next_sync_at": "1000000000000000 + n",
}
_FLOOR_TABLES: Final = (
    "CREATE TABLE floor_runs (LIKE sync_runs INCLUDING ALL)",
    "CREATE TABLE floor_connections (LIKE connections INCLUDING ALL)",
    "INSERT INTO floor_connections SELECT * FROM connections",
)
_FLOOR: Final = (
    "INSERT INTO floor_runs SELECT * FROM sync_runs",
    "UPDATE floor_connections SET next_sync_at = next_sync_at + 1, revision = revision + 1",
)


def measure(*, connections: int, durable: bool) -> Result:
    with (
        bench_servers(durable=durable) as (postgres, valkey),
        installation_on(postgres, valkey) as container,
        psycopg.connect(container.settings.database, autocommit=True) as database,
        logged_statements(postgres, container.settings.database) as log,
    ):
        redis = CountedRedis(container.settings.redis)
        ours = _measure_tick(container, redis, log, lambda: _add_due(database, connections))
        _run_all(database, *_FLOOR_TABLES)
        floor = _seconds(lambda: _run_all(database, *_FLOOR))
        enqueued = open_queue(SYNC_QUEUE, redis.client).count
    return Result(
        benchmark="tick: connections that are due at once",
        ratio=round(floor / ours["seconds"], 3),
        expected=EXPECTED,
        figures={
            "due": connections,
            "enqueued": enqueued,
            "per_second": round(enqueued / ours["seconds"], 1),
            **ours,
            "floor_seconds": round(floor, 3),
            "postgres": "fsync on" if durable else "fsync off",
        },
    )


def _measure_tick(
    container: Container, redis: CountedRedis, log: StatementLog, prepare: Callable[[], None]
) -> Mapping[str, float]:
    """The first tick, with nothing due, opens what a worker has open."""
    tune_garbage_collector()
    queue = RqJobQueue(redis.client)
    with closing(replace(container, queue_override=queue)) as worker:
        _add_template(worker)
        worker.providers.all()
        worker.schedule_syncs()
        prepare()
        messages, seconds, cpu = redis.messages, 0.0, 0.0
        scripts = redis.commands("evalsha")

        def tick() -> None:
            nonlocal seconds, cpu
            started = time.process_time()
            seconds = _seconds(worker.schedule_syncs)
            cpu = time.process_time() - started

        statements = log.count(tick)
        return {
            "seconds": round(seconds, 2),
            "cpu_seconds": round(cpu, 2),
            "statements": statements,
            "redis_round_trips": redis.messages - messages - 1,  # without that of `commands`
            "redis_commands": redis.commands("evalsha") - scripts,
        }


def _add_template(container: Container) -> None:
    hotel = builders.hotel()
    with container.unit_of_work() as uow:
        uow.hotels.add(hotel)
        uow.connections.add(builders.connection(hotel, provider="mock", cursor="c"), {"key": "k"})
        uow.commit()


def _add_due(database: psycopg.Connection[Any], number: int) -> None:
    """Copies of the template."""
    for table, changed in (("hotels", _HOTEL), ("connections", _CONNECTION)):
        columns = [
            each.name for each in database.execute(f"TABLE {table} LIMIT 0").description or ()
        ]
        values = ", ".join(changed.get(column, column) for column in columns)
        database.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {values} FROM {table}, generate_series(1, {number}) n"
        )
    database.execute("VACUUM ANALYZE")


def _run_all(database: psycopg.Connection[Any], *statements: str) -> None:
    for statement in statements:
        database.execute(statement)


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
