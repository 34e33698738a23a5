"""A simulated hotel lives; we hear of it by business events, which vanish once they are read, by a
relay that pushes some of them, and by deltas. In the end our picture is the provider's. The whole
application over SQLite, asking over HTTP and asked over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.persistence import migrations
from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.stage import Act
from adapters.outbound.provider_kit.simulation.webhook_sender import WebhookHabits
from adapters.outbound.providers.ohip.simulator import OhipSimulator
from application.add_connection import NewConnection
from application.verify_hotel import DriftReport
from domain.status import BookingStatus
from domain.sync import Schedule, SyncKind, SyncRun, SyncStatus
from domain.values import ConnectionId
from entrypoints.container import Container
from entrypoints.web_app import build_web_app
from tests.adapters.ohip.ohip_stage import made, now_of
from tests.faults import raw_store
from tests.faults.stack import TickingClock, container_over, served

UNRELIABLE = WebhookHabits(
    loss=0.5, duplicates=0.3, reorder=True, attempts=1, retry_pause_seconds=0.01, batch_size=7
)
BAD_NETWORK = (
    "429,probability=0.05,retry_after=1",
    "500,probability=0.03",
    "503,probability=0.03,retry_after=missing",
    "401,probability=0.02,path=rsv",
    "truncated,probability=0.05",
    "moving-items,probability=0.2,path=reservations",
)

# As far as the simulated hotel has bookings.
SCHEDULE = Schedule(keep_days_back=120, keep_days_ahead=220, reconcile_days_ahead=220)


@dataclass
class Stack:
    container: Container
    queue: RecordingJobQueue
    clock: TickingClock
    simulator: OhipSimulator
    connection_id: ConnectionId
    webhook_path: str

    @property
    def url(self) -> str:
        return self.container.settings.database

    def catch_up(self) -> None:
        """Our clock never lags behind the provider's."""
        there = now_of(self.simulator)
        if there > self.clock.now():
            self.clock.advance(there - self.clock.now())

    def run_once(self, kind: SyncKind = SyncKind.DELTA) -> SyncRun:
        self.catch_up()
        queued = self.container.request_sync(self.connection_id, kind, correlation_id="test")
        run = self.container.sync_connection(queued.id, holder=str(queued.id))
        assert run.status is not SyncStatus.PARTIAL, run.counts
        return run

    def sync(self, kind: SyncKind = SyncKind.DELTA, *, most: int = 40) -> SyncRun:
        """Until a run comes through."""
        for _ in range(most):
            run = self.run_once(kind)
            if run.status is SyncStatus.COMPLETED:
                return run
        raise AssertionError(f"no run of {most} came through: {run.error_code}")

    def drain(self) -> None:
        for _ in range(60):
            self.clock.advance(timedelta(minutes=20))
            self.container.jobs.tick()
            for job in self.queue.take():
                self.container.jobs.run(
                    job.name.value, str(job.hotel_id), str(job.subject_id), job.correlation_id
                )
            if self.container.store.queries.backlog()["inbox"] == 0:
                return
        raise AssertionError("something waits for ever in the inbox")

    def live(self, home: str, days: int) -> None:
        sender = self.simulator.send_webhooks_to(f"{home}{self.webhook_path}", UNRELIABLE)
        for day in range(days):
            self.simulator.advance(days=1, events=15)
            self.catch_up()
            assert sender.flush(30)
            if day % 2:
                self.sync()
            if day % 3 == 2:
                self.drain()
        sender.stop()
        self.drain()

    def verify(self) -> DriftReport:
        self.catch_up()
        return self.container.verify_hotel(self.connection_id, correlation_id="verify")

    def held(self) -> dict[str, tuple[str, int]]:
        """What lies in the database, without any code of ours in between."""
        asked = "SELECT external_id, status, total_minor FROM bookings"
        rows = raw_store.read(self.url, f"{asked} WHERE deleted_at_source IS NULL")
        return {row[0]: row[1:] for row in rows}

    def true(self) -> dict[str, tuple[str, int]]:
        return {
            one.external_id: (one.status.value, one.total.minor)
            for one in self.simulator.truth()
            if one.total is not None
        }


@contextmanager
def stack_over(home: Path, simulator: OhipSimulator) -> Iterator[Stack]:
    clock, queue = TickingClock(now_of(simulator)), RecordingJobQueue()
    url = f"sqlite:///{home / 'pms.db'}"
    migrations.upgrade(url)
    container = container_over(url, home, clock, queue)
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
                provider="ohip",
                name="ohip",
                values=simulator.connection_values(),
                schedule=SCHEDULE,
            )
        )
        tested = container.test_connection(added.connection.id, correlation_id="setup")
        assert tested.report is not None, tested.error
        path = f"/api/pms/ohip/webhook/{added.key}"
        yield Stack(container, queue, clock, simulator, added.connection.id, path)
    finally:
        container.close()


def assert_quiet(stack: Stack) -> None:
    report = stack.verify()
    assert report.compared > 50
    assert report.drift == 0, report
    assert stack.held() == stack.true()


class TestOurPictureOfAnOperaCloud:
    def test_is_the_hotels_after_its_first_sync_and_stays_unwritten(self, tmp_path: Path) -> None:
        with made(120) as simulator, stack_over(tmp_path, simulator) as stack:
            first = stack.sync(SyncKind.FULL)
            assert first.counts.created > 100
            assert_quiet(stack)
            again = stack.sync(SyncKind.FULL)
            assert (again.counts.created, again.counts.updated) == (0, 0)

    def test_follows_its_life(self, tmp_path: Path) -> None:
        far = made(120, time_zone="Pacific/Auckland", currency="JPY")
        with (
            far as simulator,
            stack_over(tmp_path, simulator) as stack,
            served(build_web_app(stack.container)) as home,
        ):
            stack.sync(SyncKind.FULL)
            stack.live(home, 6)
            stack.sync(SyncKind.RECONCILE)
            assert_quiet(stack)

    def test_follows_it_through_a_bad_network(self, tmp_path: Path) -> None:
        with (
            made(120, seed=5) as simulator,
            stack_over(tmp_path, simulator) as stack,
            served(build_web_app(stack.container)) as home,
        ):
            for fault in BAD_NETWORK:
                simulator.faults.add(parse_fault(fault))
            stack.sync(SyncKind.FULL)
            stack.live(home, 6)
            assert simulator.faults.struck
            simulator.faults.clear()
            stack.sync(SyncKind.RECONCILE)
            assert_quiet(stack)

    def test_needs_no_reconcile_where_all_events_came(self, tmp_path: Path) -> None:
        """Statuses and amounts; who the guests are is told by profiles of their own."""
        with made(120, seed=2) as simulator, stack_over(tmp_path, simulator) as stack:
            stack.sync(SyncKind.FULL)
            for _ in range(4):
                simulator.advance(days=1, events=25)
                stack.sync()
                stack.drain()
            assert stack.held() == stack.true()


class TestBusinessEvents:
    def test_are_kept_though_the_run_fails_after_them(self, tmp_path: Path) -> None:
        with made(120) as simulator, stack_over(tmp_path, simulator) as stack:
            stack.sync(SyncKind.FULL)
            simulator.advance(days=3, events=60)
            waiting = len(simulator.api.queue)
            simulator.faults.add(parse_fault("403,times=1,path=rsv"))
            assert stack.run_once().status is SyncStatus.FAILED
            assert len(simulator.api.queue) == 0
            rows = raw_store.read(stack.url, "SELECT COUNT(DISTINCT batch_id), COUNT(*) FROM inbox")
            assert rows[0] == (-(-waiting // 20), waiting)
            stack.drain()
            assert stack.held() == stack.true()

    def test_that_a_broken_answer_took_are_closed_by_the_reconcile(self, tmp_path: Path) -> None:
        with made(120) as simulator, stack_over(tmp_path, simulator) as stack:
            stack.sync(SyncKind.FULL)
            name = simulator.act(Act.AMEND)
            simulator.faults.add(parse_fault("truncated,times=1,path=businessEvents"))
            run = stack.run_once()
            assert (run.status, run.error_code) == (SyncStatus.FAILED, "provider_unavailable")
            assert len(simulator.api.queue) == 0
            stack.sync(SyncKind.RECONCILE)
            assert_quiet(stack)
            assert name in stack.held()

    def test_are_left_in_their_queue_by_a_comparison(self, tmp_path: Path) -> None:
        with made(120) as simulator, stack_over(tmp_path, simulator) as stack:
            stack.sync(SyncKind.FULL)
            name = simulator.act(Act.CHECK_IN)
            assert name is not None
            waiting = len(simulator.api.queue)
            assert stack.verify().drift > 0
            stack.sync(SyncKind.RECONCILE)
            assert len(simulator.api.queue) == waiting
            assert stack.held()[name][0] == BookingStatus.CHECKED_IN
