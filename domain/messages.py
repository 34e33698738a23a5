"""Stored messages: inbox rows and outbox messages."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.precedence import Channel
from domain.values import ConnectionId, HotelId, Reason


class ItemKind(StrEnum):
    BOOKING = "booking"
    GUEST = "guest"
    AVAILABILITY = "availability"
    NOTIFICATION = "notification"


class ItemOutcome(StrEnum):
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    STALE = "stale"
    QUARANTINED = "quarantined"


class InboxState(StrEnum):
    """RECEIVED: stored, not yet applied. DONE: has its outcome. QUARANTINED: could not be mapped
    or applied; stays until it is replayed, discarded or purged by age."""

    RECEIVED = "received"
    DONE = "done"
    QUARANTINED = "quarantined"


MAX_ITEM_BYTES: Final = 1024 * 1024
"""Of a pushed item: a booking of 100 rooms and 100 nights has half of this."""

ERASED_BODY: Final = b'{"erased":true}'
"""In place of a payload with personal data of an erased guest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """One item of an accepted payload, without the payload. `batch_id` groups the items of one
    request, `position` is the item's place in it."""

    id: UUID
    hotel_id: HotelId
    connection_id: ConnectionId
    provider: str
    kind: ItemKind
    channel: Channel
    received_at: datetime
    correlation_id: str
    batch_id: UUID
    position: int = 0
    fingerprint: str = ""
    """SHA-256 in hex of provider, kind and body: the same payload again has the same one."""
    state: InboxState = InboxState.RECEIVED
    outcome: ItemOutcome | None = None
    reason: Reason | None = None
    external_id: str | None = None
    dedup_key: str | None = None
    """Of a processed notification: names its event, so that a redelivery is recognised."""
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem(InboxEntry):
    """Of a list, which does not return payloads. `body_bytes`: None if an earlier version
    stored it. `is_readable`: whether the stored payload can be opened; None if it is too large to
    be checked in a list."""

    body_bytes: int | None
    is_readable: bool | None = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem(InboxEntry):
    """`body` is the sender's own text of the item, cards masked."""

    body: bytes

    @property
    def is_erased(self) -> bool:
        return self.body == ERASED_BODY

    def listed(self) -> ListedItem:
        entry = {each.name: getattr(self, each.name) for each in fields(InboxEntry)}
        return ListedItem(**entry, body_bytes=len(self.body))

    def erased(self) -> "InboxItem":
        """Without the payload, and without the id of a guest."""
        external_id = None if self.kind is ItemKind.GUEST else self.external_id
        return replace(self, body=ERASED_BODY, external_id=external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorErrorText:
    """A provider's error response in its own words, cards masked. `subject_id`: of the sync run or
    inbox row that failed with it."""

    hotel_id: HotelId
    connection_id: ConnectionId
    subject_id: UUID
    received_at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """`body` is the CloudEvents JSON; messages with one `ordering_key` are delivered in order."""

    id: UUID
    hotel_id: HotelId
    type: str
    ordering_key: str
    created_at: datetime
    body: str
