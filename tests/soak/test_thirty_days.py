"""After days of simulated activity, the stored bookings equal the hotel's, for every provider: over
real HTTP and a SQLite file. In the default suite: tests/simulation."""

from pathlib import Path

import pytest

from domain.sync_run import SyncKind
from entrypoints.local.installed_simulators import simulator_names
from tests.soak.soak_hotel import SoakHotel, assert_equals_hotel, soak_hotel

ALL_PROVIDERS = pytest.mark.parametrize("provider", simulator_names())


def run_days(hotel: SoakHotel, *, days: int, events: int) -> None:
    if hotel.is_pulled:
        hotel.sync(SyncKind.FULL)
    hotel.generate_days(days, events=events)
    hotel.simulator.faults.clear()
    if hotel.is_pulled:
        hotel.sync(SyncKind.RECONCILE)


class TestReplica:
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
