"""Stores of the inbox (received payloads) and the outbox (events to deliver)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.messages import InboxItem, ItemKind, OutboxMessage
from domain.values import ConnectionId, HotelId


@dataclass(frozen=True, slots=True)
class Entities:
    """Entities of one kind, by their ids at the provider."""

    hotel_id: HotelId
    provider: str
    kind: ItemKind
    external_ids: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedItems(Entities):
    """The items of these entities that were received before."""

    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFilter:
    """Conditions are joined by AND; None does not filter. `code`: of the reason. `after`: the id of
    the last item of the page before."""

    hotel_id: HotelId
    provider: str | None = None
    kind: ItemKind | None = None
    code: str | None = None
    external_id: str | None = None
    received_before: datetime | None = None
    item_id: UUID | None = None
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class DueItem:
    """An inbox item that waits. `size`: bytes of its body, or of the stored body."""

    id: UUID
    kind: ItemKind
    attempts: int
    size: int


class Inbox(Protocol):
    def add(self, items: Sequence[InboxItem]) -> None:
        """Stores bodies compressed and sealed, bound to hotel and item. One statement per page."""
        ...

    def load(self, hotel_id: HotelId, ids: Collection[UUID]) -> Mapping[UUID, InboxItem]:
        """Without unknown ids. Locks the rows until the unit of work ends, so that two workers do
        not process one item at the same time."""
        ...

    def count_attempts(self, hotel_id: HotelId, ids: Collection[UUID]) -> None:
        """Adds one attempt to each. Commit it before the work, so that an attempt that kills the
        worker counts too."""
        ...

    def record_outcomes(self, hotel_id: HotelId, decided: Sequence[InboxItem]) -> None:
        """Overwrites state, outcome and reason, and `external_id` and `dedup_key` unless None. An
        erased item's stored payload, and a guest's id, are erased too."""
        ...

    def uncount_attempts(self, hotel_id: HotelId, ids: Collection[UUID]) -> None:
        """Takes back the attempt of items that were not tried after all."""
        ...

    def batch(self, hotel_id: HotelId, batch_id: UUID) -> Sequence[InboxItem]:
        """The items of one request, in order; empty if there is no such batch."""
        ...

    def quarantined_of(self, entities: Entities, *, limit: int) -> Sequence[InboxItem]:
        """Those of these entities that are in quarantine, oldest first, locked like `load`.
        Without those whose payload can't be opened."""
        ...

    def page(
        self, hotel_id: HotelId, provider: str, *, after: UUID | None, limit: int
    ) -> Sequence[InboxItem]:
        """Items with their bodies, by id, after that one."""
        ...

    def quarantined_among(self, hotel_id: HotelId, fingerprints: Collection[str]) -> frozenset[str]:
        """The fingerprints of payloads that are in quarantine already, so that the same payload
        is quarantined and reported once."""
        ...

    def processed_dedup_keys(self, hotel_id: HotelId, keys: Collection[str]) -> frozenset[str]:
        """Those keys that a DONE item has as its `dedup_key`."""
        ...

    def mark_stale(self, outdated: OutdatedItems) -> None:
        """Those that are in quarantine: DONE, as stale."""
        ...

    def discard(self, wanted: QuarantineFilter, *, limit: int) -> int:
        """The oldest of these leave the quarantine: they are DONE, with outcome and reason as they
        were, and purged as such. Returns how many. Opens no body."""
        ...

    def count_quarantined(self, wanted: QuarantineFilter, *, limit: int) -> int:
        """At most `limit`."""
        ...

    def waiting(self, *, now: datetime) -> Sequence[tuple[HotelId, ConnectionId]]:
        """Hotel and connection of RECEIVED items of all hotels, each once, that with the oldest
        item first.

        Only items at least 30 s times 2^attempts old: the pause doubles with every attempt, counted
        from the arrival. Items tried before wait while their connection is paused or stopped or
        its breaker is open.
        """
        ...

    def due(
        self, hotel_id: HotelId, connection_id: ConnectionId, *, now: datetime, limit: int
    ) -> Sequence[DueItem]:
        """RECEIVED items of a connection, oldest first: new ones, and others as in `waiting`."""
        ...

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        """Deletes DONE items received before their hotel's limit, the oldest first, up to `each` of
        a hotel; returns how many of each. Quarantined items stay."""
        ...

    def purge_quarantined(self, *, received_before: datetime, limit: int) -> Mapping[HotelId, int]:
        """Deletes quarantined items received before; returns how many of each hotel."""
        ...


@dataclass(frozen=True, slots=True)
class PostponedDelivery:
    """A message that one subscriber failed to take; later ones of its key wait for it."""

    message: OutboxMessage
    subscriber: str
    attempts: int


class Outbox(Protocol):
    def add(self, messages: Sequence[OutboxMessage]) -> None:
        """In this order. Call it after saving the changed rows: their locks make the order of
        messages that of the changes."""
        ...

    def acquire_leader_lease(self, holder: str, *, now: datetime, until: datetime) -> bool:
        """Takes or renews the relay's lease. False while another holder's is valid."""
        ...

    def next_batch(self, *, limit: int) -> Sequence[OutboxMessage]:
        """Undelivered messages of all hotels, in order. Only for the holder of the lease."""
        ...

    def mark_delivered(self, ids: Sequence[UUID], *, now: datetime) -> None: ...

    def postpone(
        self, message: OutboxMessage, subscriber: str, *, error_code: str, retry_at: datetime
    ) -> None:
        """Keeps the message for a subscriber that failed to take it. Counts an attempt if it is
        postponed already."""
        ...

    def postponed_keys(self, subscriber: str) -> frozenset[str]:
        """Ordering keys whose messages wait for that subscriber."""
        ...

    def due_postponed(self, *, now: datetime, limit: int) -> Sequence[PostponedDelivery]:
        """In order of creation, only the oldest of each key. Commit it: what waits behind them may
        be given a later time."""
        ...

    def mark_postponed_delivered(self, message_id: UUID, subscriber: str) -> None:
        """The next one of its key is due."""
        ...

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        """Deletes messages delivered before their hotel's limit, up to `each` of a hotel, unless a
        subscriber still waits for one; returns how many of each."""
        ...

    def delete_delivered(self, hotel_id: HotelId, ordering_keys: Collection[str]) -> int:
        """Delivered messages of these keys, unless a subscriber still waits for one."""
        ...
