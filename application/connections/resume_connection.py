"""Resumes a paused or stopped connection."""

from dataclasses import dataclass

from application.connections.stored_connections import get_connection
from application.errors import InvalidRequest
from application.retrying import in_transaction
from domain.connection import Connection, ConnectionState
from domain.values import ConnectionId
from ports.system import Clock
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ResumeConnection:
    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def __call__(self, connection_id: ConnectionId) -> Connection:
        """The next sync is due at once; control messages received earlier have no effect. Raises
        InvalidRequest for a connection that was never tested."""
        now = self.clock.now()

        def resume(uow: UnitOfWork) -> Connection:
            connection, _ = get_connection(uow, connection_id)
            if connection.state is ConnectionState.NEW:
                raise InvalidRequest("test this connection first: `pms connection test`")
            uow.connections.apply_control(connection_id, at=now)
            return uow.connections.save(connection.resumed(now))

        return in_transaction(self.unit_of_work, resume)
