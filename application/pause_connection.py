"""Stops the schedule of one connection."""

from dataclasses import dataclass

from application.stored_connections import changed
from domain.sync import Connection
from domain.values import ConnectionId
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class PauseConnection:
    unit_of_work: UnitOfWorkFactory

    def __call__(self, connection_id: ConnectionId) -> Connection:
        """No sync is scheduled any more; pushes and webhooks are still taken."""
        return changed(self.unit_of_work, connection_id, Connection.paused)
