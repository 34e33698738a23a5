"""What a hotel's life is with OPERA Cloud alone: business events vanish once they are read, a relay
pushes some of them, several in a body. What it is with every vendor: tests/lives."""

from contextlib import AbstractContextManager
from pathlib import Path

from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.stage import Act
from adapters.outbound.provider_kit.simulation.webhook_sender import WebhookHabits
from adapters.outbound.providers.ohip.simulator import OhipSimulator
from domain.status import BookingStatus
from domain.sync import Schedule, SyncKind, SyncStatus
from tests.adapters.ohip.ohip_stage import made
from tests.faults import raw_store
from tests.lives.living_hotel import HERE, LivingHotel, Place, assert_quiet, connected

RELAY = WebhookHabits(
    loss=0.5, duplicates=0.3, reorder=True, attempts=1, retry_pause_seconds=0.01, batch_size=7
)
# As far as the simulated hotel has bookings.
SCHEDULE = Schedule(keep_days_back=120, keep_days_ahead=220, reconcile_days_ahead=220)


def opera(
    home: Path, simulator: OhipSimulator, place: Place = HERE
) -> AbstractContextManager[LivingHotel]:
    return connected("ohip", home, simulator, schedule=SCHEDULE, place=place)


class TestOurPictureOfAnOperaCloud:
    def test_follows_its_life_by_a_relay_that_loses_half(self, tmp_path: Path) -> None:
        with made(120, seed=5) as simulator, opera(tmp_path, simulator) as hotel:
            simulator.faults.add(parse_fault("truncated,probability=0.05"))
            hotel.sync(SyncKind.FULL)
            hotel.live(4, events=15, habits=RELAY)
            assert simulator.faults.struck
            simulator.faults.clear()
            hotel.sync(SyncKind.RECONCILE)
            assert_quiet(hotel, least=50)

    def test_needs_no_reconcile_where_all_events_came(self, tmp_path: Path) -> None:
        """Statuses and amounts; who the guests are is told by profiles of their own."""
        with made(120, seed=2) as simulator, opera(tmp_path, simulator) as hotel:
            hotel.sync(SyncKind.FULL)
            for _ in range(4):
                simulator.advance(days=1, events=25)
                hotel.sync()
                hotel.drain()
            assert hotel.held() == hotel.truth()


class TestBusinessEvents:
    def test_are_kept_though_the_run_fails_after_them(self, tmp_path: Path) -> None:
        with made(120) as simulator, opera(tmp_path, simulator) as hotel:
            hotel.sync(SyncKind.FULL)
            simulator.advance(days=3, events=60)
            waiting = len(simulator.api.queue)
            simulator.faults.add(parse_fault("409,times=1,path=rsv"))
            assert hotel.run_once().status is SyncStatus.FAILED
            assert len(simulator.api.queue) == 0
            rows = raw_store.read(hotel.url, "SELECT COUNT(DISTINCT batch_id), COUNT(*) FROM inbox")
            assert rows[0] == (-(-waiting // 20), waiting)
            hotel.drain()
            assert hotel.held() == hotel.truth()

    def test_that_a_broken_answer_took_are_closed_by_the_reconcile(self, tmp_path: Path) -> None:
        with made(120) as simulator, opera(tmp_path, simulator) as hotel:
            hotel.sync(SyncKind.FULL)
            name = simulator.act(Act.AMEND)
            simulator.faults.add(parse_fault("truncated,times=1,path=businessEvents"))
            run = hotel.run_once()
            assert (run.status, run.error_code) == (SyncStatus.FAILED, "provider_unavailable")
            assert len(simulator.api.queue) == 0
            hotel.sync(SyncKind.RECONCILE)
            assert_quiet(hotel, least=50)
            assert name in hotel.held()

    def test_are_left_in_their_queue_by_a_comparison(self, tmp_path: Path) -> None:
        with made(120) as simulator, opera(tmp_path, simulator) as hotel:
            hotel.sync(SyncKind.FULL)
            name = simulator.act(Act.CHECK_IN)
            assert name is not None
            waiting = len(simulator.api.queue)
            assert hotel.verify().drift > 0
            hotel.sync(SyncKind.RECONCILE)
            assert len(simulator.api.queue) == waiting
            assert hotel.held()[name][0] == BookingStatus.CHECKED_IN
