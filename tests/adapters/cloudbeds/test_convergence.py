"""A simulated hotel lives; we hear of it by webhooks, as they come, and by deltas. In the end our
picture is the provider's. The whole application over SQLite, asking over HTTP and asked over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.persistence import migrations
from adapters.outbound.provider_kit.rate_window import SlidingWindow
from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.hotel_life import seeded_life
from adapters.outbound.provider_kit.simulation.hotel_records import TICKS
from adapters.outbound.provider_kit.simulation.webhook_sender import WebhookHabits
from adapters.outbound.providers.cloudbeds.simulator import CloudbedsSimulator
from adapters.outbound.providers.cloudbeds.simulator_api import Consent
from adapters.outbound.system import SystemRandomness
from application.add_connection import NewConnection
from application.keep_secrets import KeepSecrets
from application.verify_hotel import DriftReport
from domain.sync import Schedule, SyncKind, SyncRun, SyncStatus
from domain.values import ConnectionId
from entrypoints.container import Container
from entrypoints.providers import InstalledProviders
from entrypoints.web_app import build_web_app
from ports.providers import ProviderTools
from tests.faults import raw_store
from tests.faults.stack import TickingClock, container_over, served

UNRELIABLE = WebhookHabits(
    loss=0.2, duplicates=0.3, reorder=True, attempts=1, retry_pause_seconds=0.01
)
BAD_NETWORK = (
    "429,probability=0.05,retry_after=1",
    "500,probability=0.03",
    "503,probability=0.03,retry_after=missing",
    "401,probability=0.02,path=getReservations",
    "truncated,probability=0.03",
    "moving-items,probability=0.2,path=getReservations",
    "hidden-update,probability=0.1,path=getReservations",
)
NEAR = Schedule(reconcile_days_ahead=60, keep_days_back=120, keep_days_ahead=60)
"""What leaves later is told all the same; availability of more days would be more of the same."""
ROTATING = Consent("app", "hush", "refresh-0", "", token_seconds=120, rotates=True)


@dataclass
class Stack:
    container: Container
    queue: RecordingJobQueue
    clock: TickingClock
    simulator: CloudbedsSimulator
    connection_id: ConnectionId
    webhook_path: str

    @property
    def url(self) -> str:
        return self.container.settings.database

    def catch_up(self) -> None:
        """Our clock never lags behind the provider's."""
        there = datetime.fromtimestamp(self.simulator.hotel.now // TICKS + 1, UTC)
        if there > self.clock.now():
            self.clock.advance(there - self.clock.now())

    def sync(self, kind: SyncKind = SyncKind.DELTA, *, most: int = 30) -> SyncRun:
        """Until a run comes through."""
        for _ in range(most):
            self.catch_up()
            queued = self.container.request_sync(self.connection_id, kind, correlation_id="test")
            run = self.container.sync_connection(queued.id, holder=str(queued.id))
            assert run.status is not SyncStatus.PARTIAL, run.counts
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
            if day % 3 == 2:
                self.drain()
            if day % 2:
                self.sync()
        sender.stop()
        self.drain()

    def verify(self) -> DriftReport:
        self.catch_up()
        return self.container.verify_hotel(self.connection_id, correlation_id="verify")


def keeping_container(
    url: str, home: Path, clock: TickingClock, queue: RecordingJobQueue
) -> Container:
    """As in production it keeps the credentials that the vendor replaces."""
    made: list[Container] = []
    tools = ProviderTools(
        clock=clock,
        randomness=SystemRandomness(),
        budget=SlidingWindow(clock),
        allowed_hosts=frozenset({"127.0.0.1"}),
        plain_http=True,
        vault=KeepSecrets(lambda: made[0].store.unit_of_work()),  # noqa: PLW0108  # made below
    )
    plain = container_over(url, home, clock, queue)
    made.append(replace(plain, replaced_providers=InstalledProviders(tools)))
    return made[0]


@contextmanager
def stack_over(home: Path, simulator: CloudbedsSimulator) -> Iterator[Stack]:
    start = datetime.fromtimestamp(simulator.hotel.now // TICKS, UTC)
    clock, queue = TickingClock(start), RecordingJobQueue()
    url = f"sqlite:///{home / 'pms.db'}"
    migrations.upgrade(url)
    container = keeping_container(url, home, clock, queue)
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
                provider="cloudbeds",
                name="cloudbeds",
                values=simulator.connection_values(),
                schedule=NEAR,
            )
        )
        tested = container.test_connection(added.connection.id, correlation_id="setup")
        assert tested.report is not None, tested.error
        path = f"/api/pms/cloudbeds/webhook/{added.key}"
        yield Stack(container, queue, clock, simulator, added.connection.id, path)
    finally:
        container.close()


def assert_quiet(stack: Stack) -> None:
    report = stack.verify()
    assert report.compared > 25
    assert report.drift == 0, report
    assert_true(stack)


def assert_true(stack: Stack) -> None:
    """What lies in the database against the hotel itself, without any client in between."""
    asked = "SELECT external_id, status, total_minor FROM bookings"
    rows = raw_store.read(stack.url, f"{asked} WHERE deleted_at_source IS NULL")
    held = {row[0]: row[1:] for row in rows}
    for true in stack.simulator.truth():
        assert true.total is not None
        assert held.pop(true.external_id) == (true.status.value, true.total.minor)
    assert not held


class TestOurPictureOfACloudbeds:
    def test_is_the_hotels_after_its_first_sync_and_stays_unwritten(self, tmp_path: Path) -> None:
        with (
            CloudbedsSimulator(seeded_life(bookings=80)) as simulator,
            stack_over(tmp_path, simulator) as stack,
        ):
            first = stack.sync(SyncKind.FULL)
            assert first.counts.created > 80
            assert_quiet(stack)
            again = stack.sync(SyncKind.FULL)
            assert (again.counts.created, again.counts.updated) == (0, 0)

    def test_follows_its_life_while_every_token_is_replaced_in_use(self, tmp_path: Path) -> None:
        far = seeded_life(bookings=50, time_zone="Pacific/Auckland", currency="JPY")
        with (
            CloudbedsSimulator(far, consent=ROTATING) as simulator,
            stack_over(tmp_path, simulator) as stack,
            served(build_web_app(stack.container)) as home,
        ):
            stack.sync(SyncKind.FULL)
            stack.live(home, 4)
            stack.sync(SyncKind.RECONCILE)
            assert_quiet(stack)
            assert simulator.requests_served["/api/v1.3/access_token"] > 3

    def test_follows_it_through_a_bad_network(self, tmp_path: Path) -> None:
        with (
            CloudbedsSimulator(seeded_life(seed=5, bookings=50)) as simulator,
            stack_over(tmp_path, simulator) as stack,
            served(build_web_app(stack.container)) as home,
        ):
            for fault in BAD_NETWORK:
                simulator.faults.add(parse_fault(fault))
            stack.sync(SyncKind.FULL)
            stack.live(home, 4)
            assert simulator.faults.struck["hidden-update"]
            simulator.faults.clear()
            stack.sync(SyncKind.RECONCILE)
            assert stack.verify().drift == 0
            # What changed silently and long ago lies before the reconcile's window.
            stack.sync(SyncKind.FULL)
            assert_quiet(stack)

    def test_loses_by_deltas_alone_what_moves_no_time_stamp(self, tmp_path: Path) -> None:
        with (
            CloudbedsSimulator(seeded_life(seed=3, bookings=60)) as simulator,
            stack_over(tmp_path, simulator) as stack,
        ):
            stack.sync(SyncKind.FULL)
            simulator.life.wait(3 * 86_400)
            stay = next(iter(simulator.hotel.stays()))
            simulator.life.desk.change_silently(stay)
            stack.sync()
            assert stack.verify().drift
            stack.sync(SyncKind.RECONCILE)
            assert_quiet(stack)
