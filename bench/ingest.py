"""One canonical booking per request, stored durably and answered, against a bare Flask echo.

Both run two gunicorn processes with the settings of `pms web` and take turns in receiving the same
bodies from the same load generator, so that other load on the machine affects both alike.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from http.client import HTTPConnection
from statistics import median
from typing import Final

import psycopg

from bench import echo
from bench.environment import bench_installation, module_process
from bench.load import Load
from bench.report import Result
from entrypoints.local.demo import connect_canonical
from entrypoints.wiring.container import Container
from tests.servers import free_port

EXPECTED: Final = 0.2
CONNECTIONS: Final = 16
MAX_REQUESTS_PER_SECOND: Final = 8_000
"""Requests built in advance for each second of a run."""

BODY: Final = json.dumps(
    {
        "external_id": "bench-{n}",
        "source_version": {"updated_at": "2026-03-10T14:05:00Z"},
        "status": "CONFIRMED",
        "stay": {"arrival": "2026-04-01", "departure": "2026-04-03"},
        "confirmation_number": "BENCH",
        "source": "OTA",
        "rooms": [
            {
                "line_id": "1",
                "room_type_id": "double",
                "rate_plan_id": "flex",
                "occupancy": [{"age_class": "ADULT", "count": 2}],
                "nightly_prices": [
                    {"night": "2026-04-01", "price": {"amount": "120.00", "currency": "EUR"}},
                    {"night": "2026-04-02", "price": {"amount": "125.50", "currency": "EUR"}},
                ],
            }
        ],
        "primary_guest": {
            "guest_id": "g-1",
            "first_name": "Ada",
            "last_name": "Muster",
            "email": "ada@example.com",
            "phone": "+49 30 000000",
        },
        "total": {"amount": "245.50", "currency": "EUR"},
        "special_requests": "A quiet room, please",
    },
    separators=(",", ":"),
)


@dataclass(slots=True)
class _BenchServer:
    """One of the two servers and the results of its runs."""

    name: str
    port: int
    headers: Mapping[str, str]
    runs: list[Mapping[str, float]] = field(default_factory=list)
    """Summaries of LoadResult."""
    sent: int = 0

    def run(self, seconds: float, max_requests: int | None, *, counts: bool = True) -> None:
        load = Load(
            port=self.port,
            path=echo.PATH,
            headers=dict(self.headers),
            body=BODY,
            first=self.sent,
            seconds=seconds,
            connections=CONNECTIONS,
            max_requests=max_requests or int(seconds * MAX_REQUESTS_PER_SECOND) + CONNECTIONS,
        )
        self.sent += load.max_requests
        summary = _run_load_generator(load)
        if summary["failed"]:
            raise SystemExit(f"{self.name}: {summary['failed']} of {summary['answered']} failed")
        if counts:
            self.runs.append(summary)

    @property
    def rates(self) -> list[float]:
        return [round(run["answered"] / run["seconds"], 1) for run in self.runs]

    def figures(self) -> dict[str, Sequence[float]]:
        return {
            f"{self.name}_answered": [run["answered"] for run in self.runs],
            f"{self.name}_per_second": self.rates,
            f"{self.name}_p50_ms": [run["p50_ms"] for run in self.runs],
            f"{self.name}_p99_ms": [run["p99_ms"] for run in self.runs],
            f"{self.name}_generator_busy": [round(run["busy"], 2) for run in self.runs],
        }


def measure(
    *, rounds: int, seconds: float, durable: bool, max_requests: int | None = None
) -> Result:
    """A run of a round ends after `seconds` or `max_requests` responses, by default the former."""
    with ExitStack() as cleanup:
        container = cleanup.enter_context(bench_installation(durable=durable))
        settings = container.settings
        ours = _BenchServer("ours", settings.port, _credentials(container))
        floor = _BenchServer("floor", free_port(), {})
        cleanup.enter_context(module_process("entrypoints.cli", "web", settings=settings))
        floor_settings = replace(settings, port=floor.port)
        cleanup.enter_context(module_process("bench.echo", settings=floor_settings))
        for side in (floor, ours):
            _wait_for_server(side.port)
            side.run(min(2.0, seconds), max_requests, counts=False)
        for _ in range(rounds):
            floor.run(seconds, max_requests)
            ours.run(seconds, max_requests)
        bookings = _count_bookings(container)
    return Result(
        benchmark="ingest: one canonical booking per request",
        ratio=round(median(ours.rates) / median(floor.rates), 3),
        expected=EXPECTED,
        figures={
            **floor.figures(),
            **ours.figures(),
            "bookings_stored": bookings,
            "body_bytes": len(BODY),
            "connections": CONNECTIONS,
            "web": f"{settings.web_workers} processes of {settings.web_threads} threads",
            "postgres": "fsync on" if durable else "fsync off",
        },
    )


def _run_load_generator(load: Load) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    summary: dict[str, float] = json.loads(done.stdout)
    return summary


def _credentials(container: Container) -> dict[str, str]:
    container.add_hotel(slug="bench", name="Bench", time_zone="Europe/Berlin", currency="EUR")
    key, token = connect_canonical(container, "bench")
    return {"X-PMS-Provider-Key": key, "Authorization": f"Bearer {token}"}


def _wait_for_server(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(0.1)
    raise SystemExit(f"no server answers on port {port}")


def _count_bookings(container: Container) -> int:
    with psycopg.connect(container.settings.database) as connection:
        row = connection.execute("SELECT count(*) FROM bookings").fetchone()
    return int(row[0]) if row else 0
