"""Pauses the schedule of one connection."""

from dataclasses import dataclass

from application.audit.audit_trail import AuditTrail
from application.connections.stored_connections import update_connection
from application.errors import InvalidRequest
from domain.audit import AuditAction
from domain.connection import Connection, ConnectionState
from domain.values import ConnectionId
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class PauseConnection:
    unit_of_work: UnitOfWorkFactory
    audit: AuditTrail

    def __call__(self, connection_id: ConnectionId) -> Connection:
        """No more syncs are scheduled; pushes and webhooks are still accepted. Raises
        InvalidRequest for a connection that was never tested: resuming it would skip the test."""
        action = AuditAction.CONNECTION_PAUSED
        return update_connection(self.unit_of_work, self.audit, action, connection_id, _paused)


def _paused(connection: Connection) -> Connection:
    if connection.state is ConnectionState.NEW:
        raise InvalidRequest("nothing is scheduled before `pms connection test` has passed")
    return connection.paused()
