"""After days of simulated activity, the stored bookings equal the hotel's, for every provider."""

from pathlib import Path

import pytest

from domain.sync_run import SyncKind
from entrypoints.local.installed_simulators import simulator_names
from tests.soak.soak_hotel import REMOTE_LOCALE, SoakHotel, assert_equals_hotel, soak_hotel

ALL_PROVIDERS = pytest.mark.parametrize("provider", simulator_names())


def run_days(hotel: SoakHotel, *, days: int, events: int) -> None:
    if hotel.is_pulled:
        hotel.sync(SyncKind.FULL)
    hotel.generate_days(days, events=events)
    hotel.simulator.faults.clear()
    if hotel.is_pulled:
        hotel.sync(SyncKind.RECONCILE)


class TestReplica:
    @ALL_PROVIDERS
    def test_equals_the_hotel_after_its_first_sync_and_is_not_rewritten(
        self, tmp_path: Path, provider: str
    ) -> None:
        with soak_hotel(provider, tmp_path, bookings=40) as hotel:
            if not hotel.is_pulled:
                pytest.skip("a provider that only pushes has no first sync")
            first = hotel.sync(SyncKind.FULL)
            assert first.counts.created >= 40
            assert_equals_hotel(hotel, min_compared=20)
            again = hotel.sync(SyncKind.FULL)
            assert (again.counts.created, again.counts.updated) == (0, 0)

    @ALL_PROVIDERS
    def test_equals_the_hotel_after_three_days_of_bad_network(
        self, tmp_path: Path, provider: str
    ) -> None:
        """In a time zone a day ahead, with a currency without decimals."""
        with soak_hotel(
            provider, tmp_path, bookings=40, seed=3, faults=True, place=REMOTE_LOCALE
        ) as hotel:
            run_days(hotel, days=3, events=8)
            assert hotel.simulator.faults.injected
            assert_equals_hotel(hotel, min_compared=20)

    @pytest.mark.slow
    @ALL_PROVIDERS
    @pytest.mark.parametrize("faults", [False, True], ids=["good-network", "bad-network"])
    def test_equals_the_hotel_after_thirty_days(
        self, tmp_path: Path, provider: str, *, faults: bool
    ) -> None:
        with soak_hotel(provider, tmp_path, bookings=500, seed=30, faults=faults) as hotel:
            run_days(hotel, days=30, events=15)
            assert hotel.simulator.faults.injected or not faults
            assert_equals_hotel(hotel)
