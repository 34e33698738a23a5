"""Every provider's simulated hotel lives; in the end our picture is the hotel's, to the field."""

from pathlib import Path

import pytest

from domain.sync import SyncKind
from entrypoints.simulators import simulator_names
from tests.lives.living_hotel import FAR, LivingHotel, assert_quiet, living_hotel

EVERY = pytest.mark.parametrize("provider", simulator_names())


def lived(hotel: LivingHotel, *, days: int, events: int) -> None:
    if hotel.is_pulled:
        hotel.sync(SyncKind.FULL)
    hotel.live(days, events=events)
    hotel.simulator.faults.clear()
    if hotel.is_pulled:
        hotel.sync(SyncKind.RECONCILE)


class TestOurPicture:
    @EVERY
    def test_is_the_hotels_after_its_first_sync_and_stays_unwritten(
        self, tmp_path: Path, provider: str
    ) -> None:
        with living_hotel(provider, tmp_path, bookings=40) as hotel:
            if not hotel.is_pulled:
                pytest.skip("a provider that only pushes has no first sync")
            first = hotel.sync(SyncKind.FULL)
            assert first.counts.created >= 40
            assert_quiet(hotel, least=20)
            again = hotel.sync(SyncKind.FULL)
            assert (again.counts.created, again.counts.updated) == (0, 0)

    @EVERY
    def test_is_the_hotels_after_three_days_of_bad_network_far_away(
        self, tmp_path: Path, provider: str
    ) -> None:
        """Where it is tomorrow already, and where money has no decimals."""
        with living_hotel(provider, tmp_path, bookings=40, seed=3, faults=True, place=FAR) as hotel:
            lived(hotel, days=3, events=8)
            assert hotel.simulator.faults.struck
            assert_quiet(hotel, least=20)

    @pytest.mark.slow
    @EVERY
    @pytest.mark.parametrize("faults", [False, True], ids=["good-network", "bad-network"])
    def test_is_the_hotels_after_thirty_days(
        self, tmp_path: Path, provider: str, *, faults: bool
    ) -> None:
        with living_hotel(provider, tmp_path, bookings=500, seed=30, faults=faults) as hotel:
            lived(hotel, days=30, events=15)
            assert hotel.simulator.faults.struck or not faults
            assert_quiet(hotel)
