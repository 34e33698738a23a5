"""PostgreSQL lets another worker commit between two statements of ours."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import TracebackType
from typing import Any
from uuid import UUID

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.memory.providers import ScriptedProvider, ScriptedProviders
from adapters.outbound.persistence.store import Store
from adapters.outbound.system import Uuid7Generator
from application.sync_connection import SyncConnection
from domain.hotel import Hotel
from domain.sync import ConnectionState, SyncRun, SyncStatus
from ports.unit_of_work import UnitOfWork
from tests import builders


@dataclass
class MeddledRuns:
    """`happens` once, just after the first run was read."""

    inner: Any
    happens: list[Callable[[], object]]

    def get(self, run_id: UUID) -> SyncRun | None:
        found: SyncRun | None = self.inner.get(run_id)
        if self.happens:
            self.happens.pop()()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class Meddled:
    inner: UnitOfWork
    happens: list[Callable[[], object]] = field(default_factory=list)

    def __enter__(self) -> "Meddled":
        self.inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.inner.__exit__(kind, error, trace)

    @property
    def sync_runs(self) -> MeddledRuns:
        return MeddledRuns(self.inner.sync_runs, self.happens)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class TestARunThatAnotherWorkerEnds:
    def test_is_not_begun_again_by_one_that_read_it_before(
        self, postgres: Store, hotel: Hotel
    ) -> None:
        clock, ids = FrozenClock(), Uuid7Generator()
        connection = builders.connection(hotel, state=ConnectionState.ACTIVE)
        run = builders.sync_run(connection)
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.connections.add(connection, {})
            uow.sync_runs.add(run)
            uow.commit()
        provider = ScriptedProvider(clock)
        providers = ScriptedProviders(provider)
        other = SyncConnection(postgres.unit_of_work, providers, clock, ids)
        happens: list[Callable[[], object]] = [lambda: other(run.id, holder="other")]

        def meddled() -> UnitOfWork:
            return Meddled(postgres.unit_of_work(), happens)

        late = SyncConnection(meddled, providers, clock, ids)(run.id, holder="late")
        assert (late.status, late.fencing_number) == (SyncStatus.COMPLETED, 1)
        assert len(provider.accounts) == 1
        later = clock.now() + timedelta(minutes=1)
        with postgres.unit_of_work() as uow:
            assert uow.connections.acquire_lease(connection.id, "x", now=later, until=later)
            assert uow.sync_runs.get(run.id) == replace(late)
