"""Ends a run in which our own code broke, as far as its worker can still tell."""

from dataclasses import dataclass
from uuid import UUID

from application.connections.stored_connections import get_connection
from application.retrying import retry_on_conflict
from application.sync.record_run_finished import record_run_finished
from domain.errors import ErrorKind
from domain.events import SyncFailed
from domain.sync_run import LEASE_TTL, SyncRun, TransportCounts
from ports.system import Clock, IdGenerator
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class FailSync:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdGenerator

    def __call__(self, run_id: UUID, *, holder: str, bug: str) -> SyncRun | None:
        """`bug`: the exception's class; its text may hold a guest's data. The run as it is where
        it has ended or another worker holds the connection; None for one that is unknown."""
        return retry_on_conflict(lambda: self._once(run_id, holder, bug))

    def _once(self, run_id: UUID, holder: str, bug: str) -> SyncRun | None:
        now = self.clock.now()
        with self.unit_of_work() as uow:
            run = uow.sync_runs.get(run_id)
            if run is None:
                return None
            lease = uow.connections.acquire_lease(
                run.connection_id, holder, now=now, until=now + LEASE_TTL
            )
            run = uow.sync_runs.get(run_id)
            if lease is None or run is None or run.status.is_final:
                return run
            code = ErrorKind.BUG.value
            run = run.under(lease.fencing_number).fail(
                now=now, code=code, detail=bug, transport=TransportCounts()
            )
            connection, _ = get_connection(uow, run.connection_id)
            uow.connections.save(connection.sync_failed(code, stop=False, now=now))
            record_run_finished(uow, run, SyncFailed, now=now, event_id=self.ids.new())
            uow.connections.release_lease(lease)
            uow.commit()
        return run
