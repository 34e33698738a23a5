"""Effects of webhooks and fetches on their connection: credentials, stop orders, breaker."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from application.connections.stored_connections import get_connection
from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.errors import PmsError
from domain.values import ConnectionId
from ports.errors import ProviderError
from ports.providers import Notification
from ports.system import Secrets
from ports.unit_of_work import UnitOfWork


def apply_control(
    uow: UnitOfWork,
    connection_id: ConnectionId,
    notifications: Sequence[Notification],
    *,
    at: datetime,
) -> tuple[Connection, Secrets]:
    """Applies new credentials and stop orders in the order of their arrival (`at`), whatever the
    order of the jobs. Returns the connection and its secrets afterwards."""
    new = dict(chain.from_iterable(one.new_secrets.items() for one in notifications))
    counts = uow.connections.apply_control(connection_id, at=at)
    secrets = uow.connections.secrets(connection_id)
    if counts and new:
        secrets = {**secrets, **new}
        uow.connections.replace_secrets(connection_id, secrets)
    connection, _ = get_connection(uow, connection_id)
    if counts and any(one.disabled for one in notifications):
        connection = uow.connections.save(
            replace(connection, state=ConnectionState.STOPPED, last_error_code="disabled_by_hotel")
        )
    return connection, secrets


def record_success(uow: UnitOfWork, connection_id: ConnectionId) -> None:
    """Closes the breaker. Call it first in the unit of work: every writer locks the connection
    first, as syncs do."""
    connection, _ = get_connection(uow, connection_id)
    if connection.breaker.failures:
        uow.connections.save(replace(connection, breaker=Breaker(), last_error_code=None))


def record_failure(
    uow: UnitOfWork, connection_id: ConnectionId, error: PmsError, *, now: datetime
) -> None:
    """Counts for the breaker; refused credentials stop the connection. Call it first, too."""
    connection, _ = get_connection(uow, connection_id)
    stop = must_stop_connection(error)
    uow.connections.save(connection.sync_failed(error.code, stop=stop, now=now))


def must_stop_connection(error: PmsError) -> bool:
    """Whether the error stops the connection until a person resumes it."""
    return isinstance(error, ProviderError) and error.stops_connection
