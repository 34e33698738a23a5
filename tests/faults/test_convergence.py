"""Rules 1 to 3: after any faults, the stored bookings converge to the provider's."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from domain.sync_run import SyncKind
from tests import raw_sql
from tests.faults.stack_harness import StackHarness, open_stack, serve_stack
from tests.simulator_control import clear_faults, control, inject_faults

BAD_NETWORK = (
    "429,probability=0.04,retry_after=1",
    "429,probability=0.03,retry_after=date",
    "429,probability=0.02,retry_after=missing",
    "500,probability=0.04",
    "503,probability=0.03,retry_after=2",
    "408,probability=0.03",
    "truncated,probability=0.03",
    "html,probability=0.02",
    "stall,probability=0.02,seconds=0.05",
)
WEBHOOK_FAULTS = ("moving-items,probability=0.3,path=reservations",)
SILENT_FAULTS = (
    "hidden-update,probability=0.2,path=reservations",
    "clock-back,times=2,seconds=900,path=reservations",
)
UNRELIABLE = {
    "batch_size": 5,
    "loss": 0.3,
    "duplicates": 0.4,
    "reorder": True,
    "delay_seconds": 0.02,
    "attempts": 1,
    "retry_pause_seconds": 0.01,
}
STATUSES = {
    "Inquired": "PENDING",
    "Optional": "PENDING",
    "Requested": "PENDING",
    "Confirmed": "CONFIRMED",
    "Started": "CHECKED_IN",
    "Processed": "CHECKED_OUT",
}


def run_activity(stack: StackHarness, home: str, source: Random, *, days: int) -> None:
    """Simulates days with unreliable notifications, lost jobs and deltas in between."""
    control(stack.simulator, "webhooks", url=f"{home}{stack.webhook_path}", **UNRELIABLE)
    sender = stack.simulator.webhooks
    assert sender is not None
    for _ in range(days):
        stack.simulator.advance(days=1, events=source.randrange(10, 30))
        stack.catch_up()
        if source.random() < 0.6:
            stack.sync()
        assert sender.flush(60)
        jobs = list(stack.queue.take())
        source.shuffle(jobs)
        stack.work([job for job in jobs if source.random() < 0.7])
        stack.container.jobs.tick()
    assert sender.lost


def assert_matches_simulator(stack: StackHarness) -> None:
    """Compares with the simulated hotel's records, not through our mapping."""
    stored = raw_sql.read(stack.url, "SELECT external_id, status, arrival, departure FROM bookings")
    ours = {row[0]: row[1:] for row in stored}
    for item in stack.simulator.records.stays():
        if item.stay.departure < stack.simulator.hotel.today:
            continue
        status, arrival, departure = ours[item.id]
        assert (str(arrival), str(departure)) == (str(item.stay.arrival), str(item.stay.departure))
        if item.state in STATUSES:
            assert status == STATUSES[item.state], item.id
        else:
            assert status in ("CANCELED", "NO_SHOW")


def assert_nothing_to_write(stack: StackHarness) -> None:
    """A full sync of an unchanged hotel writes nothing and publishes only its own completion.

    A first full sync loads the availability of the days by which the window has moved; it changes
    no stay.
    """
    stays = contents(stack)[:3]
    stack.sync_until_completed(SyncKind.FULL)
    assert contents(stack)[:3] == stays
    before = contents(stack)
    last_position = raw_sql.one(stack.url, "SELECT MAX(position) FROM outbox")
    run = stack.sync_until_completed(SyncKind.FULL)
    assert (run.counts.created, run.counts.updated, run.counts.stale) == (0, 0, 0)
    assert contents(stack) == before
    types = raw_sql.read(stack.url, "SELECT type FROM outbox WHERE position > %s", last_position)
    assert types == [("pms.sync.completed",)]


def contents(stack: StackHarness) -> list[list[tuple[object, ...]]]:
    return [
        raw_sql.read(stack.url, f"SELECT * FROM {table} ORDER BY 1, 2, 3")
        for table in ("bookings", "guests", "status_history")
    ] + [raw_sql.read(stack.url, "SELECT * FROM availability ORDER BY hotel_id, room_type_id, day")]


def converge(stack: StackHarness, source: Random, *, faults: tuple[str, ...], days: int) -> None:
    inject_faults(stack.simulator, *faults)
    with serve_stack(stack) as home:
        stack.sync_until_completed()
        run_activity(stack, home, source, days=days)
    assert stack.simulator.faults.injected
    clear_faults(stack.simulator)
    stack.drain()


def reconcile(stack: StackHarness, kind: SyncKind) -> None:
    stack.sync_until_completed(kind)
    report = stack.verify()
    assert report.drift == 0, report
    assert report.compared > 80


class TestReplicaConvergence:
    @pytest.mark.parametrize(
        ("engine", "seed", "half_open"), [("sqlite", 1, False), ("postgres", 2, True)]
    )
    def test_matches_the_provider_after_one_sync_without_faults(
        self,
        request: pytest.FixtureRequest,
        simulate: Callable[..., MewsSimulator],
        tmp_path: Path,
        engine: str,
        seed: int,
        half_open: bool,
    ) -> None:
        url = request.getfixturevalue(f"{engine}_url")
        simulator = simulate(200, seed=seed, half_open_intervals=half_open)
        with open_stack(url, tmp_path, simulator) as stack:
            converge(stack, Random(seed), faults=BAD_NETWORK + WEBHOOK_FAULTS, days=2)
            reconcile(stack, SyncKind.DELTA)
            assert_matches_simulator(stack)
            assert_nothing_to_write(stack)

    def test_matches_the_provider_after_one_reconcile_where_changes_were_hidden(
        self, sqlite_url: str, simulate: Callable[..., MewsSimulator], tmp_path: Path
    ) -> None:
        simulator = simulate(150, seed=3)
        with open_stack(sqlite_url, tmp_path, simulator) as stack:
            converge(stack, Random(3), faults=SILENT_FAULTS, days=2)
            assert stack.simulator.faults.injected["hidden-update"]
            reconcile(stack, SyncKind.RECONCILE)
            # For hidden changes of stays that ended before the reconcile window.
            stack.sync_until_completed(SyncKind.FULL)
            assert_nothing_to_write(stack)

    @pytest.mark.slow
    @pytest.mark.parametrize("half_open", [False, True])
    @pytest.mark.parametrize("seed", range(10, 18))
    def test_matches_the_provider_after_a_week_of_faults(
        self,
        database_url: str,
        simulate: Callable[..., MewsSimulator],
        tmp_path: Path,
        seed: int,
        half_open: bool,
    ) -> None:
        simulator = simulate(300, seed=seed, half_open_intervals=half_open)
        with open_stack(database_url, tmp_path, simulator) as stack:
            faults = BAD_NETWORK + WEBHOOK_FAULTS + (SILENT_FAULTS if seed % 2 else ())
            converge(stack, Random(seed), faults=faults, days=7)
            stack.sync_until_completed()
            reconcile(stack, SyncKind.RECONCILE)
            # For hidden changes of stays that ended before the reconcile window.
            stack.sync_until_completed(SyncKind.FULL)
            assert_nothing_to_write(stack)
