"""Reads stored payloads again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from application.connections.stored_connections import build_hotel_context
from domain.connection import Connection
from domain.hotel import Hotel
from domain.messages import InboxItem
from domain.precedence import Channel
from ports.providers import Provider, ReadItem

MAX_ITEMS: Final = 1_000
"""Of one message."""


@dataclass(frozen=True, slots=True)
class StoredItemReader:
    provider: Provider
    connection: Connection
    hotel: Hotel

    @property
    def can_fetch(self) -> bool:
        return self.provider.capabilities.fetches_by_id

    def is_fetched_again(self, row: InboxItem) -> bool:
        """Pulled items are fetched again if possible, not read from their stored text."""
        return row.channel is not Channel.PUSHED and self.can_fetch

    def __call__(self, row: InboxItem) -> Sequence[ReadItem]:
        """Raises PmsError."""
        context = build_hotel_context(self.connection, self.hotel, observed_at=row.received_at)
        return self.provider.read_items(row.kind, [row.body], context, limit=MAX_ITEMS)
