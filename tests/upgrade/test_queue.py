"""The queue that version 0.1 left in Valkey, worked off by today's processes."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from redis import Redis

from adapters.outbound.provider_kit.simulation.authoring import ScenarioSimulator, SimulatorOptions
from adapters.outbound.providers.mock.simulator.server import start_simulator
from domain.messages import InboxState
from domain.sync_run import SyncStatus
from entrypoints.wiring.settings import settings_to_environment
from tests.processes import processes_with_cwd, wait_until
from tests.upgrade import old_installation
from tests.upgrade.conftest import UpgradedInstallation, settings_for


def run_statuses(upgraded: UpgradedInstallation) -> dict[str, SyncStatus]:
    return {
        str(run.id): run.status
        for hotel in upgraded.hotels()
        for run in upgraded.container.store.queries.sync_runs(hotel.id, limit=1_000).rows
    }


def are_batches_done(upgraded: UpgradedInstallation) -> bool:
    states = []
    for deferred in upgraded.facts["deferred"]:
        hotel = upgraded.container.directory.hotel_by_slug(deferred["who"].partition("/")[0])
        assert hotel is not None
        with upgraded.container.store.unit_of_work() as uow:
            batch = uow.inbox.batch(hotel.id, UUID(deferred["batch"]))
        states += [item.state for item in batch]
    return InboxState.RECEIVED not in states


@pytest.fixture
def simulator() -> Iterator[ScenarioSimulator]:
    simulator = start_simulator(SimulatorOptions(seed=5, bookings=24))
    yield simulator
    simulator.stop()


def connect_to_simulator(upgraded: UpgradedInstallation, simulator: ScenarioSimulator) -> None:
    """In version 0.1 the simulated hotel was part of the worker; now it has an address and a key,
    which the operator sets."""
    values = {name: simulator.connection_values()[name] for name in ("base_url", "api_key")}
    for connection in upgraded.connections().values():
        if connection.name == "mock":
            upgraded.container.update_connection(connection.id, values)


class TestQueue:
    def test_jobs_of_the_old_version_run(
        self,
        upgraded: UpgradedInstallation,
        redis_url: str,
        tmp_path: Path,
        simulator: ScenarioSimulator,
    ) -> None:
        """Syncs of the simulated hotel, pushes and the tick. The vendors are unreachable."""
        settings = settings_for(
            upgraded.engine, upgraded.url, tmp_path / "home", redis_url=redis_url
        )
        queued = set(upgraded.facts["queued"].values())
        with (
            Redis.from_url(redis_url) as redis,
            processes_with_cwd(tmp_path / "logs", **settings_to_environment(settings)) as pms,
        ):
            old_installation.restore_queue(redis, upgraded.engine)
            connect_to_simulator(upgraded, simulator)
            pms.start("worker", PYTHONWARNINGS="default")
            wait_until(
                lambda: (
                    {
                        status
                        for run_id, status in run_statuses(upgraded).items()
                        if run_id in queued
                    }
                    == {SyncStatus.COMPLETED}
                    and are_batches_done(upgraded)
                    and not redis.llen("rq:queue:pms-tick")
                ),
                seconds=120,
                description="the jobs of the old queue",
            )
            assert "entrypoints.worker_jobs is deprecated" in pms.output()
