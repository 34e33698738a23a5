"""Queues a sync on request."""

from dataclasses import dataclass

from application.audit.audit_trail import AuditTrail
from application.connections.stored_connections import get_connection
from application.enqueue_jobs import enqueue_runs
from application.errors import ConnectionNotFound, InvalidRequest, SyncInProgress
from domain.audit import AuditAction
from domain.connection import ConnectionState
from domain.sync_run import SyncKind, SyncRun, SyncTrigger
from domain.values import ConnectionId, HotelId
from ports.errors import AlreadyExists, Unsupported
from ports.job_queue import JobQueue
from ports.providers import Providers
from ports.system import Clock, IdGenerator
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class RequestSync:
    unit_of_work: UnitOfWorkFactory
    providers: Providers
    queue: JobQueue
    clock: Clock
    ids: IdGenerator
    audit: AuditTrail

    def __call__(
        self,
        connection_id: ConnectionId,
        kind: SyncKind,
        *,
        correlation_id: str,
        hotel_id: HotelId | None = None,
        trigger: SyncTrigger = SyncTrigger.MANUAL,
    ) -> SyncRun:
        """The queued run. `hotel_id`: if given, the connection must belong to this hotel.

        Raises ConnectionNotFound, Unsupported, SyncInProgress; InvalidRequest for a connection
        that was never tested or is stopped.
        """
        with self.unit_of_work() as uow:
            connection, hotel = get_connection(uow, connection_id)
        if hotel_id not in (None, hotel.id):
            raise ConnectionNotFound
        capabilities = self.providers.get(connection.provider).capabilities
        if not capabilities.pulls_with(connection.settings):
            raise Unsupported("this connection is push-only, there is nothing to pull")
        if connection.state in (ConnectionState.NEW, ConnectionState.STOPPED):
            raise InvalidRequest("test this connection first: `pms connection test`")
        now = self.clock.now()
        run = connection.new_run(self.ids.new(), kind, trigger, correlation_id, now)
        self._add(run, f"{hotel.slug}/{connection.name}")
        enqueue_runs(self.queue, [run])
        return run

    def _add(self, run: SyncRun, subject: str) -> None:
        with self.unit_of_work() as uow:
            if uow.sync_runs.unfinished(run.connection_id):
                raise SyncInProgress
            try:
                uow.sync_runs.add(run)
            except AlreadyExists as error:
                raise SyncInProgress from error
            action, details = AuditAction.SYNC_REQUESTED, {"kind": run.kind, "run": str(run.id)}
            self.audit.record(uow, action, subject, hotel_id=run.hotel_id, details=details)
            uow.commit()
