"""What an inbox row contains: items to apply, or references to fetch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from application.connections.stored_connections import build_hotel_context
from application.inbox.inbox_outcomes import ATTEMPTS_EXHAUSTED, MAX_INBOX_ATTEMPTS
from application.ingest.inbox_rows import fingerprint
from application.ingest.stored_items import StoredItemReader
from domain.connection import Connection
from domain.errors import PmsError
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ItemKind
from domain.snapshots import require_id
from domain.values import Reason
from ports.providers import (
    FOREIGN_PROPERTY,
    HotelContext,
    Notification,
    Provider,
    ReadItem,
    Ref,
    RefKind,
)


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """`reason`: why the row is quarantined. `foreign_property`: the vendor's id of the other
    property that the notification is for."""

    row: InboxItem
    items: Sequence[ReadItem] = ()
    refs: frozenset[Ref] = frozenset()
    reason: Reason | None = None
    notification: Notification | None = None
    foreign_property: str | None = None
    dedup_key: str | None = None

    def refetch(self, decided: InboxItem) -> "ParsedRow":
        """To decide a version conflict by what the provider returns."""
        row = replace(self.row, external_id=decided.external_id)
        return replace(self, row=row, refs=_refs_of(row))


def parse_row(
    provider: Provider, connection: Connection, hotel: Hotel, row: InboxItem
) -> ParsedRow:
    if row.state is InboxState.RECEIVED and row.attempts > MAX_INBOX_ATTEMPTS:
        return ParsedRow(row, reason=ATTEMPTS_EXHAUSTED)
    context = build_hotel_context(connection, hotel, observed_at=row.received_at)
    try:
        if row.kind is ItemKind.NOTIFICATION:
            return _parse_notification(provider, row, context)
        reader = StoredItemReader(provider, connection, hotel)
        if reader.is_fetched_again(row) and (refs := _refs_of(row)):
            return ParsedRow(row, refs=refs)
        items = reader(row)
    except PmsError as error:
        return ParsedRow(row, reason=Reason.from_error(error))
    return ParsedRow(row, items)


def _parse_notification(provider: Provider, row: InboxItem, context: HotelContext) -> ParsedRow:
    notification = provider.read_notification(row.body, context)
    expected, received = context.property_id, notification.property_id
    if received and expected and received != expected:
        detail = "the notification is for another property than this connection's"
        reason = Reason(FOREIGN_PROPERTY, None, detail)
        return ParsedRow(row, reason=reason, foreign_property=received)
    for ref in notification.refs:
        if ref.external_id:
            # A masked id would fetch nothing, or another's item.
            require_id(ref.external_id, "external_id")
    return ParsedRow(
        row,
        refs=frozenset() if notification.disabled else frozenset(notification.refs),
        notification=notification,
        dedup_key=_dedup_key(row, notification),
    )


def _dedup_key(row: InboxItem, notification: Notification) -> str | None:
    """Of fixed length and per connection, since event keys of two connections may be equal."""
    if notification.event_key is None:
        return None
    name = f"{row.connection_id}/{notification.event_key}"
    return fingerprint(row.provider, ItemKind.NOTIFICATION, name.encode())


def _refs_of(row: InboxItem) -> frozenset[Ref]:
    """Availability can only be fetched as a whole."""
    if row.kind is ItemKind.NOTIFICATION or not row.external_id:
        return frozenset()
    kind = RefKind(row.kind)
    return frozenset({Ref(kind, "" if kind is RefKind.AVAILABILITY else row.external_id)})
