"""Takes a paused or stopped connection up again."""

from dataclasses import dataclass

from application.connections.stored_connections import get_connection
from application.errors import InvalidRequest
from application.retrying import retry_on_conflict
from domain.connection import Connection, ConnectionState
from domain.values import ConnectionId
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ResumeConnection:
    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def __call__(self, connection_id: ConnectionId) -> Connection:
        """The next sync is due at once, and no order to stop counts that came before. Raises
        InvalidRequest for one that was never tested."""
        now = self.clock.now()

        def attempt() -> Connection:
            with self.unit_of_work() as uow:
                connection, _ = get_connection(uow, connection_id)
                if connection.state is ConnectionState.NEW:
                    raise InvalidRequest("test this connection first: `pms connection test`")
                uow.connections.apply_control(connection_id, at=now)
                saved = uow.connections.save(connection.resumed(now))
                uow.commit()
            return saved

        return retry_on_conflict(attempt)
