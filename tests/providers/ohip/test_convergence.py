"""Convergence of OPERA Cloud alone: a queue that delivers each event once, and a relay that pushes
some of them, several in a body.

Common to all providers: tests/soak."""

from contextlib import AbstractContextManager
from pathlib import Path

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.server.webhook_sender import WebhookFaults
from adapters.outbound.providers.ohip.simulator.server import OhipSimulator
from domain.schedule import Schedule
from domain.status import BookingStatus
from domain.sync_run import SyncKind, SyncStatus
from tests import raw_sql
from tests.providers.ohip.client_fixtures import create_simulator
from tests.soak.soak_hotel import (
    LOCAL_LOCALE,
    HotelLocale,
    SoakHotel,
    assert_equals_hotel,
    connect_simulator,
)

RELAY = WebhookFaults(
    loss=0.5, duplicates=0.3, reorder=True, attempts=1, retry_pause_seconds=0.01, batch_size=7
)
# As far as the simulated hotel has bookings.
SCHEDULE = Schedule(keep_days_back=120, keep_days_ahead=220, reconcile_days_ahead=220)


def opera(
    target: Path, simulator: OhipSimulator, place: HotelLocale = LOCAL_LOCALE
) -> AbstractContextManager[SoakHotel]:
    return connect_simulator("ohip", target, simulator, schedule=SCHEDULE, place=place)


class TestOhipConvergence:
    def test_converges_with_lossy_relay(self, tmp_path: Path) -> None:
        with create_simulator(120, seed=5) as simulator, opera(tmp_path, simulator) as hotel:
            simulator.faults.add(parse_fault("truncated,probability=0.05"))
            hotel.sync(SyncKind.FULL)
            hotel.generate_days(4, events=15, webhook_faults=RELAY)
            assert simulator.faults.injected
            simulator.faults.clear()
            hotel.sync(SyncKind.RECONCILE)
            assert_equals_hotel(hotel, min_compared=50)

    def test_converges_without_reconcile_when_no_event_is_lost(self, tmp_path: Path) -> None:
        """Statuses and amounts; who the guests are is told by profiles of their own."""
        with create_simulator(120, seed=2) as simulator, opera(tmp_path, simulator) as hotel:
            hotel.sync(SyncKind.FULL)
            for _ in range(4):
                simulator.advance(days=1, events=25)
                hotel.sync()
                hotel.drain()
            assert hotel.stored_bookings() == hotel.expected_bookings()


class TestBusinessEvents:
    def test_are_stored_even_if_the_run_fails(self, tmp_path: Path) -> None:
        with create_simulator(120) as simulator, opera(tmp_path, simulator) as hotel:
            hotel.sync(SyncKind.FULL)
            simulator.advance(days=3, events=60)
            waiting = len(simulator.api.queue)
            simulator.faults.add(parse_fault("409,times=1,path=rsv"))
            assert hotel.run_once().status is SyncStatus.FAILED
            assert len(simulator.api.queue) == 0
            rows = raw_sql.read(hotel.url, "SELECT COUNT(DISTINCT batch_id), COUNT(*) FROM inbox")
            assert rows[0] == (-(-waiting // 20), waiting)
            hotel.drain()
            assert hotel.stored_bookings() == hotel.expected_bookings()

    def test_lost_in_a_broken_response_are_repaired_by_reconcile(self, tmp_path: Path) -> None:
        with create_simulator(120) as simulator, opera(tmp_path, simulator) as hotel:
            hotel.sync(SyncKind.FULL)
            name = simulator.act(ScenarioAction.AMEND)
            simulator.faults.add(parse_fault("truncated,times=1,path=businessEvents"))
            run = hotel.run_once()
            assert (run.status, run.error_code) == (SyncStatus.FAILED, "provider_unavailable")
            assert len(simulator.api.queue) == 0
            hotel.sync(SyncKind.RECONCILE)
            assert_equals_hotel(hotel, min_compared=50)
            assert name in hotel.stored_bookings()

    def test_verification_leaves_them_in_the_queue(self, tmp_path: Path) -> None:
        with create_simulator(120) as simulator, opera(tmp_path, simulator) as hotel:
            hotel.sync(SyncKind.FULL)
            name = simulator.act(ScenarioAction.CHECK_IN)
            assert name is not None
            waiting = len(simulator.api.queue)
            assert hotel.verify().drift > 0
            hotel.sync(SyncKind.RECONCILE)
            assert len(simulator.api.queue) == waiting
            assert hotel.stored_bookings()[name][0] == BookingStatus.CHECKED_IN
