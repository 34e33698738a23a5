"""A full sync of one Mews hotel into PostgreSQL. The floor is COPY and one INSERT … ON CONFLICT of
the same rows into a table with the same indexes.

The Mews simulator is a separate process. Mews allows 180 requests in 30 seconds, which would
dominate the time, so the rate budget here is unlimited. All else is as in a worker.
"""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Final
from uuid import UUID

import psycopg

from adapters.outbound.memory.jobs import RecordingJobQueue
from application.connections.add_connection import NewConnection
from bench.environment import bench_installation, module_process, read_first_line
from bench.report import Result
from domain.schedule import Schedule
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from entrypoints.processes.gc_tuning import tune_garbage_collector
from entrypoints.wiring.container import Container
from entrypoints.wiring.installed_providers import InstalledProviders
from ports.providers import ProviderTools

EXPECTED: Final = 0.1
FLOORS: Final = 5
_WINDOW_DAYS: Final = 400
"""Before and after today; all bookings of the simulated hotel are within."""


@dataclass(frozen=True, slots=True)
class UnlimitedRateBudget:
    """ports.providers.RateBudget without a limit."""

    def reserve(self, connection_id: UUID, *, limit: int, window_seconds: float) -> float:  # noqa: ARG002  # the port's shape
        return 0.0


def measure(*, bookings: int, durable: bool) -> Result:
    with (
        bench_installation(durable=durable) as stored,
        closing(_without_rate_limit(stored)) as container,
        module_process(
            "entrypoints.cli", "simulate", "mews", "--bookings", str(bookings)
        ) as simulator,
    ):
        tune_garbage_collector()
        run = _queue_full_sync(container, json.loads(read_first_line(simulator)))
        with _measure_time() as ours:
            done = container.sync_connection(run.id, holder="bench")
        _require_complete(done)
        with psycopg.connect(container.settings.database) as connection:
            floor = _Floor(connection)
            floors = [floor.seconds() for _ in range(FLOORS)]
    ours_rate, floor_rate = floor.rows / ours.seconds, floor.rows / median(floors)
    return Result(
        benchmark="sync: a full pull of one Mews hotel",
        ratio=round(ours_rate / floor_rate, 3),
        expected=EXPECTED,
        figures={
            "bookings": floor.rows,
            "floor_per_second": round(floor_rate, 1),
            "ours_per_second": round(ours_rate, 1),
            "floor_seconds": [round(each, 3) for each in floors],
            "ours_seconds": round(ours.seconds, 2),
            "ours_cpu_seconds": round(ours.cpu_seconds, 2),
            "items_seen": done.counts.seen,
            "pages": done.pages,
            "calls": done.transport.calls,
            "megabytes_received": round(done.transport.bytes_received / 1e6, 1),
            "rate_budget": "unlimited",
            "postgres": "fsync on" if durable else "fsync off",
        },
    )


def _without_rate_limit(container: Container) -> Container:
    settings = container.settings
    tools = ProviderTools(
        clock=container.clock,
        randomness=container.randomness,
        budget=UnlimitedRateBudget(),
        allowed_hosts=settings.allowed_hosts,
        plain_http=settings.allow_plain_http,
    )
    return replace(
        container,
        providers_override=InstalledProviders(tools),
        queue_override=RecordingJobQueue(),
    )


def _queue_full_sync(container: Container, simulated: dict[str, str]) -> SyncRun:
    container.add_hotel(slug="bench", name="Bench", time_zone="Europe/Berlin", currency="EUR")
    names = ("base_url", "client_token", "access_token")
    added = container.add_connection(
        NewConnection(
            hotel="bench",
            provider="mews",
            name="mews",
            values={name: simulated[name] for name in names},
            schedule=Schedule(keep_days_back=_WINDOW_DAYS, keep_days_ahead=_WINDOW_DAYS),
        )
    )
    connection_id = added.connection.id
    verification = container.verify_connection(connection_id, correlation_id="bench")
    if verification.error:
        raise SystemExit(f"the simulator refused the connection: {verification.error}")
    return container.request_sync(connection_id, SyncKind.FULL, correlation_id="bench")


def _require_complete(run: SyncRun) -> None:
    if run.status is not SyncStatus.COMPLETED:
        raise SystemExit(f"the sync ended as {run.status}: {run.error_code} {run.counts}")


@dataclass(slots=True)
class _TimeTaken:
    seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def _measure_time() -> Iterator[_TimeTaken]:
    """Measures the CPU time of this process only, without PostgreSQL and the simulator."""
    time_taken = _TimeTaken()
    started_at, cpu_started_at = time.perf_counter(), _cpu_seconds()
    yield time_taken
    time_taken.seconds = time.perf_counter() - started_at
    time_taken.cpu_seconds = _cpu_seconds() - cpu_started_at


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class _Floor:
    """Writes the rows of the bookings table to another table in the fastest way."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        with connection.cursor().copy("COPY bookings TO STDOUT") as copy:
            self._text = b"".join(bytes(part) for part in copy)
        connection.execute("CREATE TABLE floor_bookings (LIKE bookings INCLUDING ALL)")
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'bookings'"
        ).fetchall()
        key = ("hotel_id", "provider", "external_id")
        assigned = ", ".join(f"{name} = excluded.{name}" for (name,) in columns if name not in key)
        self._upsert = (
            "INSERT INTO floor_bookings SELECT * FROM staging_floor "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {assigned}"
        )
        connection.commit()
        self.rows = self._text.count(b"\n")

    def seconds(self) -> float:
        connection = self._connection
        connection.execute("TRUNCATE floor_bookings")
        connection.commit()
        started_at = time.perf_counter()
        connection.execute("CREATE TEMPORARY TABLE staging_floor (LIKE bookings) ON COMMIT DROP")
        with connection.cursor().copy("COPY staging_floor FROM STDIN") as copy:
            copy.write(self._text)
        written = connection.execute(self._upsert).rowcount
        connection.commit()
        if written != self.rows:
            raise SystemExit(f"the floor wrote {written} of {self.rows} rows")
        return time.perf_counter() - started_at
