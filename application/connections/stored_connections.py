"""Stored connections: load, update, and build what a provider's client needs."""

from collections.abc import Callable
from datetime import date, datetime

from application.audit.audit_trail import NOTHING, AuditTrail
from application.audit.audited_states import connection_state
from application.errors import ConnectionNotFound
from application.retrying import in_transaction
from domain.audit import AuditAction, AuditState
from domain.connection import Connection
from domain.hotel import Hotel, require_time_zone
from domain.sync_run import SyncKind
from domain.values import ConnectionId
from ports.providers import Account, HotelContext, Provider, PullRequest
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
    audit: AuditTrail,
    action: AuditAction,
    connection_id: ConnectionId,
    change: Callable[[Connection], Connection],
    *,
    control_at: datetime | None = None,
) -> Connection:
    """Loads, changes, saves and records the act; repeats on a conflict. With `control_at`, control
    messages that were received earlier have no effect afterwards. Raises ConnectionNotFound."""

    def update(uow: UnitOfWork) -> Connection:
        if control_at is not None:
            uow.connections.apply_control(connection_id, at=control_at)
        connection, hotel = get_connection(uow, connection_id)
        saved = uow.connections.save(change(connection))
        before, after = connection_state(connection), connection_state(saved)
        record_change(uow, audit, action, hotel, saved, before=before, after=after)
        return saved

    return in_transaction(unit_of_work, update)


def record_change(  # noqa: PLR0913  # the parts of an entry
    uow: UnitOfWork,
    audit: AuditTrail,
    action: AuditAction,
    hotel: Hotel,
    saved: Connection,
    *,
    after: AuditState,
    before: AuditState = NOTHING,
) -> None:
    """Records what an operator did to a connection."""
    subject = f"{hotel.slug}/{saved.name}"
    audit.record(uow, action, subject, hotel_id=hotel.id, before=before, after=after)


def time_zone_of(connection: Connection, hotel: Hotel) -> str:
    """The provider's, as found by the connection test, else the hotel's."""
    return connection.settings.get("time_zone") or hotel.time_zone


def local_date(connection: Connection, hotel: Hotel, now: datetime) -> date:
    """Today at the hotel."""
    return now.astimezone(require_time_zone(time_zone_of(connection, hotel))).date()


def build_pull_request(
    connection: Connection,
    hotel: Hotel,
    kind: SyncKind,
    *,
    now: datetime,
    checkpoint: str | None = None,
) -> PullRequest:
    """The window follows the connection's schedule, from today at the hotel."""
    return PullRequest(
        kind=kind,
        cursor=connection.cursor,
        checkpoint=checkpoint,
        window=connection.schedule.window(kind, local_date(connection, hotel, now)),
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


def load_account(
    unit_of_work: UnitOfWorkFactory, connection_id: ConnectionId, correlation_id: str
) -> tuple[Connection, Hotel, Account]:
    """In a unit of work of its own. Raises ConnectionNotFound."""
    with unit_of_work() as uow:
        connection, hotel = get_connection(uow, connection_id)
        secrets = uow.connections.secrets(connection_id)
    return connection, hotel, build_account(connection, hotel, secrets, correlation_id)


def build_hotel_context(
    connection: Connection, hotel: Hotel, *, observed_at: datetime
) -> HotelContext:
    return HotelContext(
        time_zone=time_zone_of(connection, hotel),
        currency=hotel.currency,
        observed_at=observed_at,
        property_id=connection.property_id,
    )


def require_openable(provider: Provider, account: Account) -> None:
    """Checks the settings before they are stored, without any request. Raises Misconfigured, also
    for a host that is not allowed."""
    if provider.capabilities.pulls:
        provider.open(account).close()
