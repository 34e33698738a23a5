"""Resumes a paused or stopped connection."""

from dataclasses import dataclass

from application.audit.audit_trail import AuditTrail
from application.connections.stored_connections import update_connection
from application.errors import InvalidRequest
from domain.audit import AuditAction
from domain.connection import Connection, ConnectionState
from domain.values import ConnectionId
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ResumeConnection:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    audit: AuditTrail

    def __call__(self, connection_id: ConnectionId) -> Connection:
        """The next sync is due at once; control messages received earlier have no effect. Raises
        InvalidRequest for a connection that was never tested."""
        now = self.clock.now()

        def resumed(connection: Connection) -> Connection:
            if connection.state is ConnectionState.NEW:
                raise InvalidRequest("test this connection first: `pms connection test`")
            return connection.resumed(now)

        action = AuditAction.CONNECTION_RESUMED
        return update_connection(
            self.unit_of_work, self.audit, action, connection_id, resumed, control_at=now
        )
