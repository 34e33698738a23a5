"""The inbox and the outbox in dictionaries, in insertion order."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from adapters.outbound.memory.tables import (
    InMemoryOutboxRow,
    InMemoryPostponedRow,
    Tables,
    delete,
    insert,
    purge_each,
)
from domain.messages import InboxItem, InboxState, ItemOutcome, OutboxMessage
from domain.values import ConnectionId, HotelId
from ports.messages import (
    DueItem,
    Entities,
    OutdatedItems,
    PostponedDelivery,
    QuarantineFilter,
)

_FIRST_PAUSE: Final = timedelta(seconds=30)
_AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)


class InMemoryInbox:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, items: Sequence[InboxItem]) -> None:
        insert(self._tables.inbox, {item.id: item for item in items})

    def load(self, hotel_id: HotelId, ids: Collection[UUID]) -> Mapping[UUID, InboxItem]:
        found = (self._tables.inbox.get(item_id) for item_id in dict.fromkeys(ids))
        return {item.id: item for item in found if item and item.hotel_id == hotel_id}

    def count_attempts(self, hotel_id: HotelId, ids: Collection[UUID]) -> None:
        for item in self.load(hotel_id, ids).values():
            self._tables.inbox[item.id] = replace(item, attempts=item.attempts + 1)

    def uncount_attempts(self, hotel_id: HotelId, ids: Collection[UUID]) -> None:
        for item in self.load(hotel_id, ids).values():
            self._tables.inbox[item.id] = replace(item, attempts=item.attempts - 1)

    def record_outcomes(self, hotel_id: HotelId, decided: Sequence[InboxItem]) -> None:
        held = self.load(hotel_id, [each.id for each in decided])
        for each in decided:
            if (item := held.get(each.id)) is not None:
                self._tables.inbox[item.id] = _with_outcome(item, each)

    def batch(self, hotel_id: HotelId, batch_id: UUID) -> Sequence[InboxItem]:
        every = self._tables.inbox.values()
        batch = [i for i in every if (i.hotel_id, i.batch_id) == (hotel_id, batch_id)]
        return sorted(batch, key=lambda item: item.position)

    def quarantined_of(self, entities: Entities, *, limit: int) -> Sequence[InboxItem]:
        of = entities
        wanted = (of.hotel_id, of.provider, of.kind, InboxState.QUARANTINED)
        found = [
            item
            for item in self._tables.inbox.values()
            if (item.hotel_id, item.provider, item.kind, item.state) == wanted
            and item.external_id in of.external_ids
        ]
        return sorted(found, key=lambda item: (item.received_at, item.id))[:limit]

    def page(
        self, hotel_id: HotelId, provider: str, *, after: UUID | None, limit: int
    ) -> Sequence[InboxItem]:
        items = [
            item
            for item in self._tables.inbox.values()
            if (item.hotel_id, item.provider) == (hotel_id, provider)
            and (after is None or item.id > after)
        ]
        return sorted(items, key=lambda item: item.id)[:limit]

    def quarantined_among(self, hotel_id: HotelId, fingerprints: Collection[str]) -> frozenset[str]:
        kept = {
            item.fingerprint
            for item in self._tables.inbox.values()
            if item.hotel_id == hotel_id and item.state is InboxState.QUARANTINED
        }
        return frozenset(kept.intersection(fingerprints))

    def processed_dedup_keys(self, hotel_id: HotelId, keys: Collection[str]) -> frozenset[str]:
        processed = {
            item.dedup_key
            for item in self._tables.inbox.values()
            if item.hotel_id == hotel_id and item.state is InboxState.DONE
        }
        return frozenset(key for key in keys if key in processed)

    def mark_stale(self, outdated: OutdatedItems) -> None:
        wanted = (outdated.hotel_id, outdated.provider, outdated.kind, InboxState.QUARANTINED)
        for item in list(self._tables.inbox.values()):
            same = (item.hotel_id, item.provider, item.kind, item.state) == wanted
            is_older = item.received_at < outdated.before
            if same and is_older and item.external_id in outdated.external_ids:
                stale = replace(item, state=InboxState.DONE, outcome=ItemOutcome.STALE)
                self._tables.inbox[item.id] = stale

    def discard(self, wanted: QuarantineFilter, *, limit: int) -> int:
        found = self._quarantined(wanted)[:limit]
        for item in found:
            self._tables.inbox[item.id] = replace(item, state=InboxState.DONE)
        return len(found)

    def count_quarantined(self, wanted: QuarantineFilter, *, limit: int) -> int:
        return min(len(self._quarantined(wanted)), limit)

    def _quarantined(self, wanted: QuarantineFilter) -> list[InboxItem]:
        found = [each for each in self._tables.inbox.values() if is_quarantined_match(each, wanted)]
        return sorted(found, key=lambda item: item.id)

    def waiting(self, *, now: datetime) -> Sequence[tuple[HotelId, ConnectionId]]:
        items = [
            item
            for item in self._tables.inbox.values()
            if now - item.received_at >= _FIRST_PAUSE and self._is_due(item, now)
        ]
        items.sort(key=lambda item: (item.received_at, item.id))
        return list(dict.fromkeys((item.hotel_id, item.connection_id) for item in items))

    def due(
        self, hotel_id: HotelId, connection_id: ConnectionId, *, now: datetime, limit: int
    ) -> Sequence[DueItem]:
        items = [
            item
            for item in self._tables.inbox.values()
            if (item.hotel_id, item.connection_id) == (hotel_id, connection_id)
            and self._is_due(item, now)
        ]
        items.sort(key=lambda item: (item.received_at, item.id))
        return [DueItem(i.id, i.kind, i.attempts, len(i.body)) for i in items[:limit]]

    def _is_due(self, item: InboxItem, now: datetime) -> bool:
        if item.state is not InboxState.RECEIVED:
            return False
        is_time = now - item.received_at >= _FIRST_PAUSE * 2**item.attempts
        return not item.attempts or (is_time and not self._is_suspended(item.connection_id, now))

    def _is_suspended(self, connection_id: ConnectionId, now: datetime) -> bool:
        held = self._tables.connections.get(connection_id)
        return held is not None and held.is_suspended(now)

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        return purge_each(
            self._tables.inbox,
            limits,
            lambda i: (i.hotel_id, i.received_at) if i.state is InboxState.DONE else None,
            each=each,
        )

    def purge_quarantined(self, *, received_before: datetime, limit: int) -> Mapping[HotelId, int]:
        old = [
            item
            for item in self._tables.inbox.values()
            if item.state is InboxState.QUARANTINED and item.received_at < received_before
        ][:limit]
        delete(self._tables.inbox, [item.id for item in old])
        return Counter(item.hotel_id for item in old)


class InMemoryOutbox:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, messages: Sequence[OutboxMessage]) -> None:
        insert(self._tables.outbox, {m.id: InMemoryOutboxRow(m) for m in messages})

    def acquire_leader_lease(self, holder: str, *, now: datetime, until: datetime) -> bool:
        held = self._tables.relay
        if any(other != holder and expires > now for other, expires in held.items()):
            return False
        held.clear()
        held[holder] = until
        return True

    def next_batch(self, *, limit: int) -> Sequence[OutboxMessage]:
        rows = self._tables.outbox.values()
        return [row.message for row in rows if row.delivered_at is None][:limit]

    def mark_delivered(self, ids: Sequence[UUID], *, now: datetime) -> None:
        for message_id in ids:
            if (row := self._tables.outbox.get(message_id)) is not None:
                self._tables.outbox[message_id] = replace(row, delivered_at=now)

    def postpone(
        self, message: OutboxMessage, subscriber: str, *, error_code: str, retry_at: datetime
    ) -> None:
        key = (message.id, subscriber)
        before = self._tables.postponed.get(key)
        attempts = before.attempts + 1 if before else 1
        row = InMemoryPostponedRow(message, subscriber, error_code, retry_at, attempts)
        self._tables.postponed[key] = row

    def postponed_keys(self, subscriber: str) -> frozenset[str]:
        rows = self._tables.postponed.values()
        return frozenset(r.message.ordering_key for r in rows if r.subscriber == subscriber)

    def due_postponed(self, *, now: datetime, limit: int) -> Sequence[PostponedDelivery]:
        oldest: dict[tuple[str, str], InMemoryPostponedRow] = {}
        for row in self._postponed_in_order():
            oldest.setdefault((row.subscriber, row.message.ordering_key), row)
        due = [row for row in oldest.values() if row.retry_at <= now][:limit]
        return [PostponedDelivery(row.message, row.subscriber, row.attempts) for row in due]

    def _postponed_in_order(self) -> list[InMemoryPostponedRow]:
        places = {message_id: place for place, message_id in enumerate(self._tables.outbox)}
        return sorted(self._tables.postponed.values(), key=lambda row: places[row.message.id])

    def mark_postponed_delivered(self, message_id: UUID, subscriber: str) -> None:
        delivered = self._tables.postponed.pop((message_id, subscriber), None)
        if delivered is None:
            return
        key = subscriber, delivered.message.ordering_key
        for row in self._postponed_in_order():
            if (row.subscriber, row.message.ordering_key) == key:
                at_once = replace(row, retry_at=_AT_ONCE)
                self._tables.postponed[row.message.id, subscriber] = at_once
                return

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        waiting = {message_id for message_id, _ in self._tables.postponed}

        def age(row: InMemoryOutboxRow) -> tuple[HotelId, datetime] | None:
            if row.delivered_at is None or row.message.id in waiting:
                return None
            return row.message.hotel_id, row.delivered_at

        return purge_each(self._tables.outbox, limits, age, each=each)

    def delete_delivered(self, hotel_id: HotelId, ordering_keys: Collection[str]) -> int:
        waiting = {message_id for message_id, _ in self._tables.postponed}
        delivered = [
            message_id
            for message_id, row in self._tables.outbox.items()
            if row.delivered_at
            and message_id not in waiting
            and row.message.hotel_id == hotel_id
            and row.message.ordering_key in ordering_keys
        ]
        return delete(self._tables.outbox, delivered)


def is_quarantined_match(item: InboxItem, wanted: QuarantineFilter) -> bool:
    if item.hotel_id != wanted.hotel_id or item.state is not InboxState.QUARANTINED:
        return False
    conditions = (
        (wanted.provider, item.provider),
        (wanted.kind, item.kind),
        (wanted.code, item.reason and item.reason.code),
        (wanted.external_id, item.external_id),
        (wanted.item_id, item.id),
    )
    before, after = wanted.received_before, wanted.after
    return (
        all(expected in (None, value) for expected, value in conditions)
        and (before is None or item.received_at < before)
        and (after is None or item.id > after)
    )


def _with_outcome(item: InboxItem, decided: InboxItem) -> InboxItem:
    if decided.is_erased:
        item = item.erased()
    return replace(
        item,
        state=decided.state,
        outcome=decided.outcome,
        reason=decided.reason,
        external_id=decided.external_id or item.external_id,
        dedup_key=decided.dedup_key or item.dedup_key,
    )
