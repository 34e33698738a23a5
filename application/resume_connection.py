"""Takes a paused or stopped connection up again."""

from dataclasses import dataclass

from application.errors import InvalidRequest
from application.stored_connections import changed
from domain.sync import Connection, ConnectionState
from domain.values import ConnectionId
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ResumeConnection:
    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def __call__(self, connection_id: ConnectionId) -> Connection:
        """The next sync is due at once. Raises InvalidRequest for one that was never tested."""
        now = self.clock.now()

        def resume(connection: Connection) -> Connection:
            if connection.state is ConnectionState.NEW:
                raise InvalidRequest("test this connection first: `pms connection test`")
            return connection.resumed(now)

        return changed(self.unit_of_work, connection_id, resume)
