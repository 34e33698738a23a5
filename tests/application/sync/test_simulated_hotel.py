"""A believable hotel over months: every sync must leave us with its picture."""

from datetime import timedelta

import pytest

from adapters.outbound.providers.mock.provider import MockProvider
from application.sync.verify_hotel import VerifyHotel
from domain.sync_run import SyncKind, SyncStatus
from tests.application.use_case_harness import World


class OnlyMock:
    def __init__(self, world: World) -> None:
        self._provider = MockProvider(world.clock)

    def get(self, name: str) -> MockProvider:
        return self._provider

    def all(self) -> list[MockProvider]:
        return [self._provider]


@pytest.fixture
def simulated(world: World) -> World:
    world.providers = OnlyMock(world)  # type: ignore[assignment]
    world.connection = world.connect(
        world.hotel, provider="mock", settings={"seed": "7", "bookings": "60"}
    )
    return world


def drift(world: World) -> int:
    use = VerifyHotel(world.unit_of_work, world.providers, world.clock, world.ids)
    report = use(world.connection.id, correlation_id="verify")
    assert report.compared > 10
    return report.drift


class TestSimulatedHotel:
    def test_is_held_exactly_after_its_first_sync(self, simulated: World) -> None:
        run = simulated.run(SyncKind.FULL)
        assert run.status is SyncStatus.COMPLETED
        assert run.counts.created == run.counts.seen
        assert drift(simulated) == 0

    @pytest.mark.parametrize("kind", [SyncKind.FULL, SyncKind.RECONCILE])
    def test_that_did_not_change_is_not_written_again(
        self, simulated: World, kind: SyncKind
    ) -> None:
        simulated.run(SyncKind.FULL)
        before, told = simulated.store._committed, len(simulated.events())
        simulated.run(kind)
        after = simulated.store._committed
        assert (after.bookings, after.guests, after.cells) == (
            before.bookings,
            before.guests,
            before.cells,
        )
        assert [e["type"] for e in simulated.events()[told:]] == ["pms.sync.completed"]

    def test_is_followed_by_deltas_over_its_life(self, simulated: World) -> None:
        simulated.run(SyncKind.FULL)
        for _ in range(6):
            simulated.clock.advance(timedelta(days=5, hours=7))
            run = simulated.run(SyncKind.DELTA)
            assert run.status is SyncStatus.COMPLETED
            assert drift(simulated) == 0
