"""Every provider's simulated hotel lives; in the end our picture is the hotel's, to the field."""

from pathlib import Path

import pytest

from domain.sync import SyncKind
from entrypoints.simulators import simulator_names
from tests.lives.living_hotel import LivingHotel, living_hotel

EVERY = pytest.mark.parametrize("provider", simulator_names())


def assert_is_the_hotels(hotel: LivingHotel) -> None:
    if hotel.is_pulled:
        hotel.sync(SyncKind.RECONCILE)
        report = hotel.verify()
        assert report.drift == 0, report
        assert report.compared > 0
    assert hotel.held() == hotel.truth()


def lived(hotel: LivingHotel, *, days: int, events: int) -> None:
    if hotel.is_pulled:
        hotel.sync(SyncKind.FULL)
    hotel.live(days, events=events)


class TestOurPicture:
    @EVERY
    def test_is_the_hotels_after_three_days_of_bad_network(
        self, tmp_path: Path, provider: str
    ) -> None:
        with living_hotel(provider, tmp_path, bookings=40, seed=3, faults=True) as hotel:
            lived(hotel, days=3, events=8)
            hotel.simulator.faults.clear()
            assert_is_the_hotels(hotel)

    @pytest.mark.slow
    @EVERY
    @pytest.mark.parametrize("faults", [False, True], ids=["good-network", "bad-network"])
    def test_is_the_hotels_after_thirty_days(
        self, tmp_path: Path, provider: str, *, faults: bool
    ) -> None:
        with living_hotel(provider, tmp_path, bookings=500, seed=30, faults=faults) as hotel:
            lived(hotel, days=30, events=15)
            assert hotel.simulator.faults.struck or not faults
            hotel.simulator.faults.clear()
            assert_is_the_hotels(hotel)
