"""A provider's raw notification as an inbox row, however it came."""

from collections.abc import Sequence
from datetime import datetime

from application.ingest.quarantine_items import fingerprint
from domain.connection import Connection
from domain.messages import InboxItem, ItemKind
from domain.precedence import Channel
from ports.system import CardMask, IdGenerator


def notification_rows(
    connection: Connection,
    bodies: Sequence[bytes],
    *,
    mask_cards: CardMask,
    ids: IdGenerator,
    now: datetime,
    correlation_id: str,
) -> list[InboxItem]:
    """One batch, named by its first row's id."""
    row_ids = [ids.new() for _ in bodies]
    masked = [mask_cards(body) for body in bodies]
    return [
        InboxItem(
            id=row_id,
            hotel_id=connection.hotel_id,
            connection_id=connection.id,
            provider=connection.provider,
            kind=ItemKind.NOTIFICATION,
            channel=Channel.PUSHED,
            received_at=now,
            correlation_id=correlation_id,
            body=body,
            batch_id=row_ids[0],
            position=position,
            fingerprint=fingerprint(connection.provider, ItemKind.NOTIFICATION, body),
        )
        for position, (row_id, body) in enumerate(zip(row_ids, masked, strict=True))
    ]
