"""A simulated hotel lives; it pushes its reservations to us, or we ask its server for them, or
both. In the end our picture is the hotel's. The whole application over SQLite, asking over HTTP
and asked over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.persistence import migrations
from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.hotel_life import seeded_life
from adapters.outbound.provider_kit.simulation.hotel_records import TICKS
from adapters.outbound.provider_kit.simulation.webhook_sender import WebhookHabits
from adapters.outbound.providers.alpinebits.simulated_dialect import Dialect
from adapters.outbound.providers.alpinebits.simulated_rooms import FreeRooms, FreeRoomsForm
from adapters.outbound.providers.alpinebits.simulator import AlpineBitsSimulator, Speech
from application.add_connection import NewConnection
from domain.sync import Schedule, SyncKind, SyncRun, SyncStatus
from domain.values import ConnectionId
from entrypoints.container import Container
from entrypoints.web_app import build_web_app
from ports.errors import Unsupported
from tests.faults import raw_store
from tests.faults.stack import TickingClock, container_over, served

UNRELIABLE = WebhookHabits(
    loss=0.2, duplicates=0.3, reorder=True, attempts=1, retry_pause_seconds=0.01
)
FAITHFUL = WebhookHabits(duplicates=0.3, attempts=5, retry_pause_seconds=0.01)
BAD_NETWORK = (
    "429,probability=0.05,retry_after=1",
    "500,probability=0.05",
    "503,probability=0.05,retry_after=missing",
    "truncated,probability=0.05",
    "html,probability=0.03",
    "403,probability=0.1,path=NotifReport",
    "moving-items,probability=0.2,path=OTA_Read",
)


@dataclass
class Stack:
    container: Container
    queue: RecordingJobQueue
    clock: TickingClock
    simulator: AlpineBitsSimulator
    connection_id: ConnectionId

    @property
    def url(self) -> str:
        return self.container.settings.database

    def catch_up(self) -> None:
        """Our clock never lags behind the provider's."""
        there = datetime.fromtimestamp(self.simulator.hotel.now // TICKS + 1, UTC)
        if there > self.clock.now():
            self.clock.advance(there - self.clock.now())

    def sync(self, kind: SyncKind = SyncKind.DELTA, *, most: int = 40) -> SyncRun:
        """Until a run comes through."""
        for _ in range(most):
            self.catch_up()
            queued = self.container.request_sync(self.connection_id, kind, correlation_id="test")
            run = self.container.sync_connection(queued.id, holder=str(queued.id))
            assert run.status is not SyncStatus.PARTIAL, run.counts
            if run.status is SyncStatus.COMPLETED:
                return run
        raise AssertionError(f"no run of {most} came through: {run.error_code}")

    def live(self, home: str, days: int, habits: WebhookHabits, *, asked: bool = True) -> None:
        sender = self.simulator.send_webhooks_to(f"{home}/api/pms/alpinebits", habits)
        for day in range(days):
            self.simulator.advance(days=1, events=15)
            self.catch_up()
            assert sender.flush(30)
            if asked and day % 2:
                self.sync()
        assert sender.abandoned == 0 or habits is UNRELIABLE
        sender.stop()


@contextmanager
def stack_over(
    home: Path, simulator: AlpineBitsSimulator, *, asked: bool = True
) -> Iterator[Stack]:
    """`asked`: the connection knows the server's address."""
    clock = TickingClock(datetime.fromtimestamp(simulator.hotel.now // TICKS, UTC))
    queue = RecordingJobQueue()
    url = f"sqlite:///{home / 'pms.db'}"
    migrations.upgrade(url)
    container = container_over(url, home, clock, queue)
    values = simulator.connection_values()
    if not asked:
        values = {name: values[name] for name in ("password", "hotel_code")}
    try:
        container.add_hotel(
            slug="demo",
            name="Demo",
            time_zone=simulator.hotel.time_zone,
            currency=simulator.hotel.currency,
        )
        added = container.add_connection(
            NewConnection(
                hotel="demo",
                provider="alpinebits",
                name="alpinebits",
                values=values,
                schedule=Schedule(),
            )
        )
        simulator.webhook_auth = f"{added.key}:{values['password']}"
        tested = container.test_connection(added.connection.id, correlation_id="setup")
        assert tested.report is not None, tested.error
        yield Stack(container, queue, clock, simulator, added.connection.id)
    finally:
        container.close()


def assert_quiet(stack: Stack) -> None:
    """As `pms verify`, and what lies in the database against the hotel itself."""
    stack.catch_up()
    report = stack.container.verify_hotel(stack.connection_id, correlation_id="verify")
    assert report.compared >= 40
    assert report.drift == 0, report
    assert_true(stack, everything=True)


def assert_true(stack: Stack, *, everything: bool) -> None:
    asked = "SELECT external_id, status, total_minor, arrival, departure FROM bookings"
    rows = raw_store.read(stack.url, f"{asked} WHERE deleted_at_source IS NULL")
    held = {row[0]: row[1:] for row in rows}
    for told in stack.simulator.truth():
        if everything or told.external_id in held:
            assert told.total is not None
            days = (told.arrival.isoformat(), told.departure.isoformat())
            expected = (told.status, told.total.minor, *days)
            assert tuple(map(str, held.pop(told.external_id))) == tuple(map(str, expected))
    assert not held


class TestOurPicture:
    @pytest.mark.parametrize("dialect", list(Dialect))
    def test_is_the_hotels_after_its_first_sync_and_stays_unwritten(
        self, tmp_path: Path, dialect: Dialect
    ) -> None:
        with (
            AlpineBitsSimulator(seeded_life(bookings=60), speech=Speech(dialect)) as simulator,
            stack_over(tmp_path, simulator) as stack,
        ):
            first = stack.sync(SyncKind.FULL)
            assert first.counts.created == 60
            assert_quiet(stack)
            again = stack.sync(SyncKind.FULL)
            assert (again.counts.created, again.counts.updated) == (0, 0)
            assert stack.sync().counts.seen == 0

    @pytest.mark.parametrize("dialect", list(Dialect))
    def test_follows_its_life_by_pushes_and_questions(
        self, tmp_path: Path, dialect: Dialect
    ) -> None:
        far = seeded_life(bookings=60, time_zone="Pacific/Auckland", currency="JPY")
        with (
            AlpineBitsSimulator(far, speech=Speech(dialect)) as simulator,
            stack_over(tmp_path, simulator) as stack,
            served(build_web_app(stack.container)) as home,
        ):
            stack.sync(SyncKind.FULL)
            stack.live(home, 6, UNRELIABLE)
            stack.sync(SyncKind.RECONCILE)
            assert_quiet(stack)

    def test_follows_it_through_a_bad_network(self, tmp_path: Path) -> None:
        with (
            AlpineBitsSimulator(seeded_life(seed=5, bookings=60)) as simulator,
            stack_over(tmp_path, simulator) as stack,
            served(build_web_app(stack.container)) as home,
        ):
            for fault in BAD_NETWORK:
                simulator.faults.add(parse_fault(fault))
            stack.sync(SyncKind.FULL)
            stack.live(home, 6, UNRELIABLE)
            assert simulator.faults.struck
            simulator.faults.clear()
            stack.sync()
            assert_quiet(stack)

    def test_is_what_was_pushed_where_nobody_can_be_asked(self, tmp_path: Path) -> None:
        speech = Speech(Dialect.SMX, FreeRoomsForm.COUNTS)
        with (
            AlpineBitsSimulator(seeded_life(bookings=40), speech=speech) as simulator,
            stack_over(tmp_path, simulator, asked=False) as stack,
            served(build_web_app(stack.container)) as home,
        ):
            stack.live(home, 3, FAITHFUL, asked=False)
            held = raw_store.read(stack.url, "SELECT count(*) FROM bookings")[0][0]
            assert int(str(held)) > 20
            assert_true(stack, everything=False)
            assert_free_rooms(stack)


def assert_free_rooms(stack: Stack) -> None:
    rows = raw_store.read(
        stack.url,
        "SELECT room_type_id, day, available FROM availability WHERE available IS NOT NULL",
    )
    held = {(str(row[0]), str(row[1])): row[2] for row in rows}
    now = FreeRooms(stack.simulator.hotel, FreeRoomsForm.COUNTS).now()
    assert len(now) > 200
    for (kind, day), count in now.items():
        assert held[kind, day.isoformat()] == count, (kind, day)


class TestPushOnlyConnection:
    def test_is_never_due_and_says_that_it_can_not_be_asked(self, tmp_path: Path) -> None:
        with (
            AlpineBitsSimulator(seeded_life(bookings=5)) as simulator,
            stack_over(tmp_path, simulator, asked=False) as stack,
        ):
            for _ in range(4):
                stack.clock.advance(timedelta(hours=13))
                stack.container.jobs.tick()
            assert stack.queue.take() == []
            with pytest.raises(Unsupported, match="pushed"):
                stack.sync()
            with pytest.raises(Unsupported, match="asked"):
                stack.container.verify_hotel(stack.connection_id, correlation_id="verify")
        assert simulator.requests_served == {}
