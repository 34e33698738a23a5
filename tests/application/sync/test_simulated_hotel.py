"""A simulated hotel over months: after each sync our copy equals it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from adapters.outbound.memory.clock import START
from adapters.outbound.provider_kit.simulation.authoring import SimulatorOptions
from adapters.outbound.provider_kit.simulation.declarative_simulator import DeclarativeSimulator
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS
from adapters.outbound.providers.mock import provider as make_provider
from adapters.outbound.providers.mock.simulator.server import start_simulator
from application.sync.verify_hotel import VerifyHotel
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from ports.providers import Provider
from tests.application.use_case_harness import App
from tests.providers.mews.payloads import tools


@dataclass
class SimulatedHotelHarness:
    app: App
    simulator: DeclarativeSimulator

    def advance(self, days: int) -> None:
        """Our clock never lags behind the hotel's."""
        self.simulator.advance(days=days, events=10)
        self.catch_up()

    def catch_up(self) -> None:
        hotel_now = datetime.fromtimestamp(self.simulator.hotel.now / TICKS, UTC)
        behind = hotel_now + timedelta(seconds=1) - self.app.clock.now()
        self.app.clock.advance(max(behind, timedelta(0)))

    def run(self, kind: SyncKind) -> SyncRun:
        return self.app.run(kind)

    def drift(self) -> int:
        app = self.app
        use = VerifyHotel(app.unit_of_work, app.providers, app.clock)
        report = use(app.connection.id, correlation_id="verify")
        assert report.compared > 10
        return report.drift


class OnlyProvider:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def get(self, name: str) -> Provider:
        return self._provider

    def all(self) -> list[Provider]:
        return [self._provider]


@pytest.fixture
def simulated(app: App) -> Iterator[SimulatedHotelHarness]:
    options = SimulatorOptions(
        seed=7, bookings=60, time_zone=app.hotel.time_zone, start_date=START.date()
    )
    simulator = start_simulator(options)
    values = simulator.connection_values()
    provider = make_provider(
        tools(app.clock, allowed_hosts=frozenset({"127.0.0.1"}), plain_http=True)
    )
    app.providers = OnlyProvider(provider)  # type: ignore[assignment]
    app.connection = app.connect(
        app.hotel,
        provider="mock",
        settings={"base_url": values["base_url"]},
        secrets={"api_key": values["api_key"]},
    )
    app = SimulatedHotelHarness(app, simulator)
    app.catch_up()
    yield app
    simulator.stop()


class TestSimulatedHotel:
    def test_is_stored_exactly_by_its_first_sync(self, simulated: SimulatedHotelHarness) -> None:
        run = simulated.run(SyncKind.FULL)
        assert run.status is SyncStatus.COMPLETED
        assert run.counts.created > 60
        assert run.counts.updated == 0
        assert simulated.drift() == 0

    @pytest.mark.parametrize("kind", [SyncKind.FULL, SyncKind.RECONCILE])
    def test_is_not_written_again_without_a_change(
        self, simulated: SimulatedHotelHarness, kind: SyncKind
    ) -> None:
        app = simulated.app
        simulated.run(SyncKind.FULL)
        before, count = app.store._committed, len(app.events())
        simulated.run(kind)
        after = app.store._committed
        assert (after.bookings, after.guests, after.cells) == (
            before.bookings,
            before.guests,
            before.cells,
        )
        assert [e["type"] for e in app.events()[count:]] == ["pms.sync.completed"]

    def test_is_followed_by_deltas(self, simulated: SimulatedHotelHarness) -> None:
        simulated.run(SyncKind.FULL)
        for _ in range(6):
            simulated.advance(days=5)
            run = simulated.run(SyncKind.DELTA)
            assert run.status is SyncStatus.COMPLETED
            simulated.run(SyncKind.RECONCILE)
            assert simulated.drift() == 0
