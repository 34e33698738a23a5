"""What a hotel's life is with Cloudbeds alone; what it is with every vendor: tests/lives."""

from pathlib import Path

from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.hotel_life import seeded_life
from adapters.outbound.providers.cloudbeds.simulator import CloudbedsSimulator
from adapters.outbound.providers.cloudbeds.simulator_api import Consent
from domain.sync import Schedule, SyncKind
from tests.lives.living_hotel import FAR, assert_quiet, connected

BAD_NETWORK = (
    "401,probability=0.02,path=getReservations",
    "truncated,probability=0.03",
    "hidden-update,probability=0.1,path=getReservations",
)
NEAR = Schedule(reconcile_days_ahead=60, keep_days_back=120, keep_days_ahead=60)
"""What leaves later is told all the same; availability of more days would be more of the same."""
ROTATING = Consent("app", "hush", "refresh-0", "", token_seconds=120, rotates=True)


class TestOurPictureOfACloudbeds:
    def test_follows_its_life_while_every_token_is_replaced_in_use(self, tmp_path: Path) -> None:
        far = seeded_life(bookings=50, time_zone=FAR.time_zone, currency=FAR.currency)
        with (
            CloudbedsSimulator(far, consent=ROTATING) as simulator,
            connected("cloudbeds", tmp_path, simulator, schedule=NEAR, place=FAR) as hotel,
        ):
            hotel.sync(SyncKind.FULL)
            hotel.live(4, events=15)
            hotel.sync(SyncKind.RECONCILE)
            assert_quiet(hotel, least=25)
            assert simulator.requests_served["/api/v1.3/access_token"] > 3

    def test_has_changes_that_are_told_nowhere_by_a_full_sync(self, tmp_path: Path) -> None:
        with (
            CloudbedsSimulator(seeded_life(seed=5, bookings=50)) as simulator,
            connected("cloudbeds", tmp_path, simulator, schedule=NEAR) as hotel,
        ):
            for fault in BAD_NETWORK:
                simulator.faults.add(parse_fault(fault))
            hotel.sync(SyncKind.FULL)
            hotel.live(4, events=15)
            assert simulator.faults.struck["hidden-update"]
            simulator.faults.clear()
            hotel.sync(SyncKind.RECONCILE)
            assert hotel.verify().drift == 0
            # What changed silently and long ago lies before the reconcile's window.
            hotel.sync(SyncKind.FULL)
            assert_quiet(hotel, least=25)

    def test_loses_by_deltas_alone_what_moves_no_time_stamp(self, tmp_path: Path) -> None:
        with (
            CloudbedsSimulator(seeded_life(seed=3, bookings=60)) as simulator,
            connected("cloudbeds", tmp_path, simulator, schedule=NEAR) as hotel,
        ):
            hotel.sync(SyncKind.FULL)
            simulator.life.wait(3 * 86_400)
            stay = next(iter(simulator.hotel.stays()))
            simulator.life.desk.change_silently(stay)
            hotel.sync()
            assert hotel.verify().drift
            hotel.sync(SyncKind.RECONCILE)
            assert_quiet(hotel, least=25)
