"""Runs with another worker's commit between two of their statements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import RecordingJobQueue, ScriptedVendorTurns
from adapters.outbound.memory.providers import FixedProviders, ScriptedProvider
from adapters.outbound.persistence.store import Store
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.system import Uuid7Generator
from application.audit.audit_trail import AuditTrail
from application.errors import SyncInProgress
from application.sync.request_sync import RequestSync
from application.sync.schedule_syncs import ScheduleSyncs
from application.sync.sync_connection import SyncConnection
from domain.connection import Connection, ConnectionState
from domain.hotel import Hotel
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from domain.values import ConnectionId
from ports.providers import Patience
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory
from tests import builders


@dataclass
class InterruptedRuns:
    """Calls `interruptions` once, right after runs are read for the first time, or before a tick
    adds some."""

    inner: Any
    interruptions: list[Callable[[], object]]

    def get(self, run_id: UUID) -> SyncRun | None:
        found: SyncRun | None = self.inner.get(run_id)
        self._interrupt()
        return found

    def unfinished(self, connection_id: ConnectionId) -> Sequence[SyncRun]:
        found: Sequence[SyncRun] = self.inner.unfinished(connection_id)
        self._interrupt()
        return found

    def add_where_idle(self, runs: Sequence[SyncRun]) -> frozenset[UUID]:
        self._interrupt()
        added: frozenset[UUID] = self.inner.add_where_idle(runs)
        return added

    def _interrupt(self) -> None:
        if self.interruptions:
            self.interruptions.pop()()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class InterruptedUnitOfWork:
    inner: UnitOfWork
    interruptions: list[Callable[[], object]] = field(default_factory=list)

    def __enter__(self) -> "InterruptedUnitOfWork":
        self.inner.__enter__()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.inner.__exit__(*failure)

    @property
    def sync_runs(self) -> InterruptedRuns:
        return InterruptedRuns(self.inner.sync_runs, self.interruptions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class TestRunFinishedByAnotherWorker:
    def test_is_not_started_again(self, postgres: Store, hotel: Hotel) -> None:
        clock, ids = FrozenClock(), Uuid7Generator()
        connection = builders.connection(hotel, state=ConnectionState.ACTIVE)
        run = builders.sync_run(connection)
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.connections.add(connection, {})
            uow.sync_runs.add(run)
            uow.commit()
        provider = ScriptedProvider(clock)

        def sync(unit_of_work: UnitOfWorkFactory, holder: str) -> SyncRun:
            return SyncConnection(
                unit_of_work,
                FixedProviders(provider),
                clock,
                ids,
                RecordingJobQueue(),
                scrub_bytes,
                ScriptedVendorTurns(),
                Patience(),
            )(run.id, holder=holder)

        interruptions: list[Callable[[], object]] = [lambda: sync(postgres.unit_of_work, "other")]

        def open_interrupted() -> UnitOfWork:
            return InterruptedUnitOfWork(postgres.unit_of_work(), interruptions)

        late = sync(open_interrupted, "late")
        assert (late.status, late.fencing_number) == (SyncStatus.COMPLETED, 1)
        assert len(provider.accounts) == 1
        later = clock.now() + timedelta(minutes=1)
        with postgres.unit_of_work() as uow:
            assert uow.connections.acquire_lease(connection.id, "x", now=later, until=later)
            assert uow.sync_runs.get(run.id) == replace(late)


class TestConcurrentRequests:
    def test_queue_one_run_and_reject_the_other(self, postgres: Store, hotel: Hotel) -> None:
        clock, ids, queue = FrozenClock(), Uuid7Generator(), RecordingJobQueue()
        connection = builders.connection(
            hotel, state=ConnectionState.ACTIVE, cursor="c", next_sync_at=clock.now()
        )
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.connections.add(connection, {})
            uow.commit()
        providers, audit = FixedProviders(ScriptedProvider(clock)), AuditTrail(clock, ids)
        first: list[SyncRun] = []

        def request_delta(unit_of_work: Callable[[], UnitOfWork]) -> SyncRun:
            request = RequestSync(unit_of_work, providers, queue, clock, ids, audit)
            return request(connection.id, SyncKind.DELTA, correlation_id="c")

        def open_interrupted() -> UnitOfWork:
            interruptions: list[Callable[[], object]] = []
            if not first:
                interruptions.append(lambda: first.append(request_delta(postgres.unit_of_work)))
            return InterruptedUnitOfWork(postgres.unit_of_work(), interruptions)

        with pytest.raises(SyncInProgress):
            request_delta(open_interrupted)
        with postgres.unit_of_work() as uow:
            assert uow.sync_runs.unfinished(connection.id) == first
            uow.sync_runs.save(replace(first.pop(), status=SyncStatus.COMPLETED))
            uow.commit()
        ports = (open_interrupted, providers, queue, clock, ids)
        tick = ScheduleSyncs(*ports, ScriptedRandomness(), audit)
        assert tick().queued_runs == 0
        with postgres.unit_of_work() as uow:
            assert uow.sync_runs.unfinished(connection.id) == first


class TestLockedConnections:
    def test_are_left_out_of_what_is_due(self, postgres: Store, hotel: Hotel) -> None:
        """Nobody waits: not another scheduler, and not a scheduler for the page of a sync."""
        due = [
            builders.connection(hotel, state=ConnectionState.ACTIVE, next_sync_at=builders.T0)
            for _ in range(3)
        ]
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            for each in due:
                uow.connections.add(each, {})
            uow.commit()
        with postgres.unit_of_work() as one, postgres.unit_of_work() as other:
            assert _lock_due(one, limit=2) == due[:2]
            assert _lock_due(other, limit=2) == due[2:]
            assert _lock_due(other, limit=2) == due[2:]


def _lock_due(uow: UnitOfWork, *, limit: int) -> list[Connection]:
    found = uow.connections.lock_due(now=builders.T0, limit=limit)
    return [each.connection for each in found]
