"""Routes notifications of vendors that have one URL for all hotels of an account."""

from dataclasses import replace

from domain.connection import Connection
from domain.messages import InboxItem
from ports.providers import Capabilities
from ports.system import IdGenerator, Secrets
from ports.unit_of_work import UnitOfWork


def forward_to_property(
    uow: UnitOfWork,
    row: InboxItem,
    connection: Connection,
    property_id: str,
    capabilities: Capabilities,
    ids: IdGenerator,
) -> InboxItem | None:
    """Copies the notification to the inbox of the connection to that property, if it belongs to the
    same account at the vendor: only then the sender is authorized for both. Returns the copy."""
    account_key = _account_key(uow, connection, capabilities)
    if account_key is None:
        return None
    for other in uow.connections.of_provider(connection.provider):
        is_it = other.property_id == property_id and other.id != connection.id
        if is_it and _account_key(uow, other, capabilities) == account_key:
            copy_id = ids.new()
            copy = replace(
                row,
                id=copy_id,
                batch_id=copy_id,
                position=0,
                hotel_id=other.hotel_id,
                connection_id=other.id,
                attempts=0,
            )
            uow.inbox.add([copy])
            uow.connections.touch_inbound(other.id, at=row.received_at)
            return copy
    return None


def _account_key(
    uow: UnitOfWork, connection: Connection, capabilities: Capabilities
) -> tuple[str, ...] | None:
    """None if the vendor has no accounts, or the connection lacks one of the values."""
    secrets: Secrets = uow.connections.secrets(connection.id)
    known = {**connection.settings, **secrets}
    names = capabilities.account_settings
    if not names or not all(known.get(name) for name in names):
        return None
    return tuple(known[name] for name in names)
