"""A connection with its hotel, as stored: found, changed, or made into what a client needs."""

from collections.abc import Callable
from datetime import datetime

from application.errors import ConnectionNotFound
from application.retrying import retry_on_conflict
from domain.connection import Connection
from domain.hotel import Hotel, require_time_zone
from domain.sync_run import SyncKind
from domain.values import ConnectionId
from ports.providers import Account, Provider, PullRequest
from ports.system import Secrets
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


def get_connection(uow: UnitOfWork, connection_id: ConnectionId) -> tuple[Connection, Hotel]:
    """Raises ConnectionNotFound."""
    connection = uow.connections.get(connection_id)
    hotel = uow.hotels.get(connection.hotel_id) if connection else None
    if connection is None or hotel is None:
        raise ConnectionNotFound
    return connection, hotel


def update_connection(
    unit_of_work: UnitOfWorkFactory,
    connection_id: ConnectionId,
    change: Callable[[Connection], Connection],
) -> Connection:
    """Reads, changes and saves, again where someone was faster. Raises ConnectionNotFound."""

    def attempt() -> Connection:
        with unit_of_work() as uow:
            connection, _ = get_connection(uow, connection_id)
            saved = uow.connections.save(change(connection))
            uow.commit()
        return saved

    return retry_on_conflict(attempt)


def time_zone_of(connection: Connection, hotel: Hotel) -> str:
    """The provider's own, learnt by the connection test, goes before the hotel's."""
    return connection.settings.get("time_zone") or hotel.time_zone


def build_pull_request(
    connection: Connection,
    hotel: Hotel,
    kind: SyncKind,
    *,
    now: datetime,
    checkpoint: str | None = None,
) -> PullRequest:
    """What a pull of `kind` asks for, by the connection's schedule and the hotel's own day."""
    zone = require_time_zone(time_zone_of(connection, hotel))
    window = connection.schedule.window(kind, now.astimezone(zone).date())
    return PullRequest(
        kind=kind,
        cursor=connection.cursor,
        checkpoint=checkpoint,
        window=window,
    )


def build_account(
    connection: Connection, hotel: Hotel, secrets: Secrets, correlation_id: str
) -> Account:
    return Account(
        connection_id=connection.id,
        time_zone=time_zone_of(connection, hotel),
        currency=hotel.currency,
        settings=connection.settings,
        secrets=secrets,
        correlation_id=correlation_id,
    )


def require_openable(provider: Provider, of: Account) -> None:
    """Whether a client can be made of this, before it is stored. Asks nobody. Raises
    Misconfigured, also for a host that is not allowed."""
    if provider.capabilities.pulls:
        provider.open(of).close()
