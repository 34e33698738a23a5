"""The inbox (what came in) and the outbox (what is to be told)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.messages import InboxItem, InboxOutcome, ItemKind, OutboxMessage
from domain.values import HotelId


class Inbox(Protocol):
    def add(self, items: Sequence[InboxItem]) -> None:
        """Stores bodies compressed and sealed, bound to hotel and item. One statement per page."""
        ...

    def load(self, hotel_id: HotelId, ids: Collection[UUID]) -> Mapping[UUID, InboxItem]:
        """Opened and decompressed; unknown ids are left out. Locks the rows until the end of the
        unit of work, so that two workers do not process one item at the same time."""
        ...

    def count_attempts(self, hotel_id: HotelId, ids: Collection[UUID]) -> None:
        """Counts one more attempt on each. Commit it before the work begins: what ends the worker
        is counted too."""
        ...

    def record_outcomes(
        self, hotel_id: HotelId, inbox_outcomes: Sequence[InboxOutcome]
    ) -> None: ...

    def batch(self, hotel_id: HotelId, batch_id: UUID) -> Sequence[InboxItem]:
        """The items of one request in their order; empty when there is no such batch."""
        ...

    def quarantined_among(self, hotel_id: HotelId, fingerprints: Collection[str]) -> frozenset[str]:
        """Those fingerprints of which a quarantined item is kept: the same bad payload a thousand
        times is one quarantined item and one event."""
        ...

    def processed_dedup_keys(self, hotel_id: HotelId, keys: Collection[str]) -> frozenset[str]:
        """Those keys that a DONE item has as its `dedup_key`."""
        ...

    def mark_stale(
        self,
        hotel_id: HotelId,
        provider: str,
        kind: ItemKind,
        external_ids: Collection[str],
        *,
        before: datetime,
    ) -> None:
        """Quarantined items of these things that came before: done, as stale. What remains in
        quarantine is still open."""
        ...

    def waiting(self, *, now: datetime, limit: int) -> Sequence[tuple[HotelId, UUID]]:
        """(hotel, batch) of RECEIVED items that nobody finished, oldest first; all hotels.

        Only items at least 30 s times 2^attempts old: the pause doubles with every attempt, counted
        from the arrival. Those tried before wait until their connection may be asked: neither
        paused nor stopped, its breaker not open.
        """
        ...

    def purge(self, *, done_before: datetime, limit: int) -> int:
        """Deletes DONE items received before; how many. Quarantined ones stay."""
        ...


@dataclass(frozen=True, slots=True)
class PostponedDelivery:
    """A message that one subscriber could not take; later ones of its key wait behind it."""

    message: OutboxMessage
    subscriber: str
    attempts: int


class Outbox(Protocol):
    def add(self, messages: Sequence[OutboxMessage]) -> None:
        """In this order. Call it after the rows that the messages tell of were saved: their locks
        make the order of messages that of the changes."""
        ...

    def acquire_leader_lease(self, holder: str, *, now: datetime, until: datetime) -> bool:
        """Takes or renews the relay's lease. False while another holder's stands."""
        ...

    def next_batch(self, *, limit: int) -> Sequence[OutboxMessage]:
        """Undelivered messages in order; all hotels. Only the holder of the relay lease asks."""
        ...

    def mark_delivered(self, ids: Sequence[UUID], *, now: datetime) -> None: ...

    def postpone(
        self, message: OutboxMessage, subscriber: str, *, error_code: str, retry_at: datetime
    ) -> None:
        """One subscriber could not take it: kept for that subscriber until it can. Counts
        attempts when called again for the same pair."""
        ...

    def postponed_keys(self, subscriber: str) -> frozenset[str]:
        """Ordering keys whose messages must wait for that subscriber."""
        ...

    def due_postponed(self, *, now: datetime, limit: int) -> Sequence[PostponedDelivery]:
        """In order of creation; per key only the oldest."""
        ...

    def mark_postponed_delivered(self, message_id: UUID, subscriber: str) -> None:
        """The subscriber took the postponed message after all."""
        ...

    def purge(self, *, delivered_before: datetime, limit: int) -> int: ...
