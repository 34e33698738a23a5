"""Convergence of Cloudbeds alone. Common to all providers: tests/soak."""

from pathlib import Path

from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.providers.cloudbeds.simulator.api import SimulatedConsent
from adapters.outbound.providers.cloudbeds.simulator.server import CloudbedsSimulator
from domain.schedule import Schedule
from domain.sync_run import SyncKind
from tests.soak.soak_hotel import REMOTE_LOCALE, assert_equals_hotel, connect_simulator

BAD_NETWORK = (
    "401,probability=0.02,path=getReservations",
    "truncated,probability=0.03",
    "hidden-update,probability=0.1,path=getReservations",
)
NEAR = Schedule(reconcile_days_ahead=60, keep_days_back=120, keep_days_ahead=60)
"""Limits the availability calls; later stays are covered by notifications."""
ROTATING = SimulatedConsent("app", "hush", "refresh-0", "", token_seconds=120, rotates=True)


class TestCloudbedsConvergence:
    def test_converges_while_tokens_rotate(self, tmp_path: Path) -> None:
        far = create_activity_generator(
            bookings=50, time_zone=REMOTE_LOCALE.time_zone, currency=REMOTE_LOCALE.currency
        )
        with (
            CloudbedsSimulator(far, credentials=ROTATING) as simulator,
            connect_simulator(
                "cloudbeds", tmp_path, simulator, schedule=NEAR, place=REMOTE_LOCALE
            ) as hotel,
        ):
            hotel.sync(SyncKind.FULL)
            hotel.generate_days(4, events=15)
            hotel.sync(SyncKind.RECONCILE)
            assert_equals_hotel(hotel, min_compared=25)
            assert simulator.requests_served["/api/v1.3/access_token"] > 3

    def test_full_sync_finds_unpublished_changes(self, tmp_path: Path) -> None:
        with (
            CloudbedsSimulator(create_activity_generator(seed=5, bookings=50)) as simulator,
            connect_simulator("cloudbeds", tmp_path, simulator, schedule=NEAR) as hotel,
        ):
            for fault in BAD_NETWORK:
                simulator.faults.add(parse_fault(fault))
            hotel.sync(SyncKind.FULL)
            hotel.generate_days(4, events=15)
            assert simulator.faults.injected["hidden-update"]
            simulator.faults.clear()
            hotel.sync(SyncKind.RECONCILE)
            assert hotel.verify().drift == 0
            # What changed silently and long ago lies before the reconcile's window.
            hotel.sync(SyncKind.FULL)
            assert_equals_hotel(hotel, min_compared=25)

    def test_delta_misses_changes_without_timestamp(self, tmp_path: Path) -> None:
        with (
            CloudbedsSimulator(create_activity_generator(seed=3, bookings=60)) as simulator,
            connect_simulator("cloudbeds", tmp_path, simulator, schedule=NEAR) as hotel,
        ):
            hotel.sync(SyncKind.FULL)
            simulator.activity.advance_clock(3 * 86_400)
            stay = next(iter(simulator.hotel.stays()))
            simulator.activity.commands.change_without_timestamp(stay)
            hotel.sync()
            assert hotel.verify().drift
            hotel.sync(SyncKind.RECONCILE)
            assert_equals_hotel(hotel, min_compared=25)
