"""Effects of webhooks and fetches on their connection: credentials, stop orders, breaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from application.connections.stored_connections import get_connection
from application.events.cloud_events import outbox_message
from domain.connection import Connection, ConnectionState
from domain.errors import PmsError
from domain.events import ConnectionSuspended, EventHeader
from domain.messages import VendorErrorText
from domain.sync_run import RunError
from domain.values import ConnectionId
from ports.errors import ProviderError
from ports.providers import Notification
from ports.system import IdGenerator, Secrets
from ports.unit_of_work import UnitOfWork

DISABLED_BY_HOTEL: Final = "disabled_by_hotel"
_DISABLED: Final = "the hotel disabled the integration at the provider"


def apply_control(
    uow: UnitOfWork,
    connection_id: ConnectionId,
    notification: Notification,
    signal: "HealthSignal",
    *,
    at: datetime,
) -> tuple[Connection, Secrets]:
    """Applies new credentials and a stop order in the order of their arrival (`at`), whatever the
    order of the jobs. Returns the connection and its secrets afterwards."""
    counts = uow.connections.apply_control(connection_id, at=at)
    secrets = uow.connections.secrets(connection_id)
    if counts and notification.new_secrets:
        secrets = {**secrets, **notification.new_secrets}
        uow.connections.replace_secrets(connection_id, secrets)
    connection, _ = get_connection(uow, connection_id)
    if counts and notification.disabled:
        stopped = connection.stopped(DISABLED_BY_HOTEL, _DISABLED, now=signal.now)
        connection = save_health(uow, connection, stopped, signal)
    return connection, secrets


def record_success(uow: UnitOfWork, connection_id: ConnectionId) -> None:
    """Closes the breaker. Call it first in the unit of work: every writer locks the connection
    first, as syncs do."""
    connection, _ = get_connection(uow, connection_id)
    if connection.breaker.failures:
        uow.connections.save(connection.recovered())


def record_failure(
    uow: UnitOfWork,
    used: Connection,
    error: PmsError,
    signal: "HealthSignal",
    *,
    wait: timedelta = timedelta(0),
) -> None:
    """Counts for the breaker; refused credentials stop the connection, unless they were replaced
    since `used` was read: the next attempt has the new ones. Call it first, too."""
    connection, _ = get_connection(uow, used.id)
    is_current = connection.control_applied_at == used.control_applied_at
    stop = is_current and must_stop_connection(error)
    failed = connection.sync_failed(run_error(error), stop=stop, now=signal.now, wait=wait)
    save_health(uow, connection, failed, signal)


@dataclass(frozen=True, slots=True)
class HealthSignal:
    """When and in which request the health of a connection changed; `ids` for its event."""

    now: datetime
    correlation_id: str
    ids: IdGenerator


def save_health(
    uow: UnitOfWork, before: Connection, after: Connection, signal: HealthSignal
) -> Connection:
    """Saves it, and publishes an event if it stopped."""
    saved = uow.connections.save(after)
    if after.state is ConnectionState.STOPPED and before.state is not ConnectionState.STOPPED:
        header = EventHeader(
            hotel_id=after.hotel_id,
            provider=after.provider,
            connection_id=after.id,
            external_id=str(after.id),
            version=None,
            correlation_id=signal.correlation_id,
            at=signal.now,
        )
        event = ConnectionSuspended(
            header=header,
            error_code=after.last_error_code or "",
            error_detail=after.last_error_detail or "",
        )
        uow.outbox.add([outbox_message(event, signal.ids.new())])
    return saved


def run_error(error: PmsError) -> RunError:
    vendor_message = error.vendor_message if isinstance(error, ProviderError) else None
    return RunError(
        code=error.code, detail=error.message, path=error.path, vendor_message=vendor_message
    )


def keep_vendor_text(
    uow: UnitOfWork,
    error: PmsError,
    connection: Connection,
    subject_ids: Sequence[UUID],
    *,
    now: datetime,
) -> None:
    """Stores the provider's own text, sealed, with the sync run or inbox rows that failed."""
    if isinstance(error, ProviderError) and error.vendor_error is not None:
        text = error.vendor_error.text
        uow.vendor_error_texts.keep(
            [
                VendorErrorText(
                    hotel_id=connection.hotel_id,
                    connection_id=connection.id,
                    subject_id=subject_id,
                    received_at=now,
                    text=text,
                )
                for subject_id in subject_ids
            ]
        )


def must_stop_connection(error: PmsError) -> bool:
    """Whether the error stops the connection until a person resumes it."""
    return isinstance(error, ProviderError) and error.stops_connection
