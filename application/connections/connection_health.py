"""What webhooks do to their connection: credentials they carry, orders to stop, and how asking for
what they name went."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from application.connections.stored_connections import get_connection
from domain.breaker import Breaker, BreakerState
from domain.connection import Connection, ConnectionState
from domain.errors import PmsError
from domain.values import ConnectionId
from ports.errors import ProviderError
from ports.providers import Notification
from ports.system import Secrets
from ports.unit_of_work import UnitOfWork


def is_suspended(connection: Connection, now: datetime) -> bool:
    """Whether its provider is not to be asked now: a person paused it, the provider stopped it, or
    it fails again and again."""
    is_inactive = connection.state in (ConnectionState.PAUSED, ConnectionState.STOPPED)
    return is_inactive or connection.breaker.state(now) is BreakerState.OPEN


def apply_control(
    uow: UnitOfWork,
    connection_id: ConnectionId,
    notifications: Sequence[Notification],
    *,
    at: datetime,
) -> tuple[Connection, Secrets]:
    """New credentials and the order to stop count in the order of their arrival (`at`), whatever
    the order of the jobs. The connection and its secrets afterwards."""
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
    """Closes the breaker. Before anything else in the unit of work, as in a sync's: everybody
    locks the connection first."""
    connection, _ = get_connection(uow, connection_id)
    if connection.breaker.failures:
        uow.connections.save(replace(connection, breaker=Breaker(), last_error_code=None))


def record_failure(
    uow: UnitOfWork, connection_id: ConnectionId, error: PmsError, *, now: datetime
) -> None:
    """Feeds the breaker; refused credentials stop the connection. First, too."""
    connection, _ = get_connection(uow, connection_id)
    stop = must_stop_connection(error)
    uow.connections.save(connection.sync_failed(error.code, stop=stop, now=now))


def must_stop_connection(error: PmsError) -> bool:
    """Whether the connection stops with it, until a person resumes it."""
    return isinstance(error, ProviderError) and error.stops_connection
