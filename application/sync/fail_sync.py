"""Ends a sync run that was broken by a bug of ours."""

from dataclasses import dataclass
from uuid import UUID

from application.clock_check import require_right_clock
from application.connections.stored_connections import get_connection
from application.retrying import in_transaction
from application.sync.record_run_finished import record_run_finished
from domain.errors import ErrorKind
from domain.events import SyncFailed
from domain.sync_run import LEASE_TTL, RunError, SyncRun
from ports.system import IdGenerator, SharedClock
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class FailSync:
    unit_of_work: UnitOfWorkFactory
    clock: SharedClock
    ids: IdGenerator

    def __call__(self, run_id: UUID, *, holder: str, bug: str) -> SyncRun | None:
        """`bug`: the exception's class only, as its text may hold personal data. Returns the run
        unchanged if it has ended or another worker holds the connection, None if it is unknown.
        Raises ClockWrong."""
        require_right_clock(self.clock)
        return in_transaction(self.unit_of_work, lambda uow: self._fail(uow, run_id, holder, bug))

    def _fail(self, uow: UnitOfWork, run_id: UUID, holder: str, bug: str) -> SyncRun | None:
        now = self.clock.now()
        run = uow.sync_runs.get(run_id)
        if run is None or run.status.is_final:
            return run
        lease = uow.connections.acquire_lease(
            run.connection_id, holder, now=now, until=now + LEASE_TTL
        )
        run = uow.sync_runs.get(run_id)
        if lease is None or run is None:
            return run
        if not run.status.is_final:
            error = RunError(code=ErrorKind.BUG.value, detail=bug)
            run = run.under(lease.fencing_number).fail(now=now, error=error)
            connection, _ = get_connection(uow, run.connection_id)
            uow.connections.save(connection.sync_failed(error, stop=False, now=now))
            record_run_finished(uow, run, SyncFailed, now=now, event_id=self.ids.new())
        uow.connections.release_lease(lease)
        return run
