"""Simulated hotels and databases for the fault tests."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from adapters.outbound.providers.mews.simulator.server import (
    MewsSimulator,
    MewsSimulatorOptions,
    start_simulator,
)
from tests.faults.process_installation import InstalledApp, Simulate, installed

DAY = date(2031, 3, 28)
"""In the future, so that a `Retry-After` date of today is in the past; European clocks change two
nights later."""


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    started: list[MewsSimulator] = []

    def start(bookings: int = 250, **options: object) -> MewsSimulator:
        chosen = {"start_date": DAY, "bookings": bookings, **options}
        started.append(start_simulator(MewsSimulatorOptions(**chosen)))  # type: ignore[arg-type]  # named options
        return started[-1]

    yield start
    for simulator in started:
        simulator.stop()


@pytest.fixture
def pms(sqlite_url: str, redis_url: str, tmp_path: Path) -> Iterator[InstalledApp]:
    with installed(sqlite_url, redis_url, tmp_path) as app:
        yield app


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
