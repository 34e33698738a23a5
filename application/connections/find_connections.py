"""Finds the caller's own connections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.access.authenticate import Principal
from application.errors import ConnectionNotFound, InvalidRequest, NotConnected
from domain.connection import Connection
from domain.values import ConnectionId
from ports.directory import Directory


def connection_health(
    connection: Connection, *, is_hotel_enabled: bool = True
) -> Mapping[str, object]:
    """What every interface shows of a connection. Only operators see those of a disabled hotel, of
    which nothing is synced."""
    return {
        "id": connection.id,
        "provider": connection.provider,
        "name": connection.name,
        "state": connection.state,
        "stopped_at": connection.stopped_at,
        "error_code": connection.last_error_code,
        "error_detail": connection.last_error_detail,
        "last_synced_at": connection.last_synced_at,
        "last_inbound_at": connection.last_inbound_at,
        "next_sync_at": connection.announced_sync_at if is_hotel_enabled else None,
    }


@dataclass(frozen=True, slots=True)
class FindConnections:
    directory: Directory

    def __call__(self, principal: Principal) -> Sequence[Connection]:
        """The connections of the caller's hotel and provider, in order of creation."""
        every = self.directory.connections_of_hotel(principal.hotel_id)
        return [c for c in every if principal.covers_provider(c.provider)]

    def one(self, principal: Principal, connection_id: ConnectionId | None = None) -> Connection:
        """By id, or the only one. Raises ConnectionNotFound, NotConnected; InvalidRequest if there
        are several and no id is given."""
        mine = self(principal)
        if connection_id is not None:
            for connection in mine:
                if connection.id == connection_id:
                    return connection
            raise ConnectionNotFound
        if not mine:
            raise NotConnected(provider=principal.provider)
        if len(mine) > 1:
            message = "connection_id: send it, this hotel has several connections"
            raise InvalidRequest(message, field="connection_id")
        return mine[0]
