"""A partner pushes bookings, guests or availability: stored, applied, answered item by item."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from application.access.authenticate import Principal
from application.connections.stored_connections import time_zone_of
from application.errors import HotelNotFound, NotConnected
from application.ingest.apply_items import ApplyContext, ItemResult, apply_items
from application.ingest.quarantine_items import emit_quarantined, fingerprint
from application.retrying import retry_on_conflict
from domain.access import Scope
from domain.connection import Connection
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ItemKind, ItemOutcome
from domain.precedence import Channel, Receipt
from domain.values import Reason
from ports.directory import Directory
from ports.errors import QueueUnavailable
from ports.job_queue import Job, JobName, JobQueue
from ports.providers import HotelContext, Providers, ReadItem
from ports.system import CardMask, Clock, IdGenerator
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

MAX_ITEMS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """`deferred`: store and acknowledge now, apply later."""

    provider: str
    kind: ItemKind
    body: bytes
    correlation_id: str
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class PushedItem:
    """`outcome` None: accepted, decided by a job."""

    inbox_id: UUID
    external_id: str | None
    outcome: ItemOutcome | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class PushResult:
    batch_id: UUID
    items: Sequence[PushedItem]

    @property
    def all_understood(self) -> bool:
        return all(item.outcome is not ItemOutcome.QUARANTINED for item in self.items)


@dataclass(frozen=True, slots=True)
class IngestItems:
    """Rules 3 and 4: the answer is given after one commit of inbox rows, changes and events."""

    unit_of_work: UnitOfWorkFactory
    directory: Directory
    providers: Providers
    queue: JobQueue
    mask_cards: CardMask
    clock: Clock
    ids: IdGenerator

    def __call__(self, principal: Principal, push: Push) -> PushResult:
        """Raises UnknownProvider, Forbidden, NotConnected, UnreadableMessage, TooManyItems,
        StoreUnavailable: in each case nothing was stored."""
        provider = self.providers.get(push.provider)
        principal.require_provider(push.provider)
        principal.require(Scope.INGEST)
        connection, hotel = self._connection(principal)
        now = self.clock.now()
        body = self.mask_cards(push.body)
        context = hotel_context(connection, hotel, observed_at=now)
        items = provider.read_items(push.kind, [body], context, limit=MAX_ITEMS)
        inbound_batch = InboundBatch(
            connection=connection,
            correlation_id=push.correlation_id,
            at=now,
            batch_id=self.ids.new(),
        )
        rows = inbox_rows(items, inbound_batch, self.ids, self.mask_cards)
        if push.deferred:
            results = retry_on_conflict(lambda: self._store(rows))
        else:
            can_fetch = provider.capabilities.fetches_by_id
            results = retry_on_conflict(lambda: self._apply(rows, items, can_fetch=can_fetch))
        if any(item.outcome is None for item in results):
            enqueue_inbox_jobs(self.queue, rows[:1])
        return PushResult(inbound_batch.batch_id, results)

    def _connection(self, principal: Principal) -> tuple[Connection, Hotel]:
        hotel = self.directory.hotel(principal.hotel_id)
        if hotel is None:
            raise HotelNotFound
        for connection in self.directory.connections_of_hotel(hotel.id):
            if connection.provider == principal.provider:
                return connection, hotel
        raise NotConnected(provider=principal.provider)

    def _apply(
        self, rows: Sequence[InboxItem], items: Sequence[ReadItem], *, can_fetch: bool
    ) -> list[PushedItem]:
        with self.unit_of_work() as uow:
            results = apply_pushed_items(uow, rows, items, can_fetch=can_fetch, ids=self.ids)
            uow.commit()
        return results

    def _store(self, rows: Sequence[InboxItem]) -> list[PushedItem]:
        with self.unit_of_work() as uow:
            uow.inbox.add(rows)
            if rows:
                uow.connections.touch_inbound(rows[0].connection_id, at=rows[0].received_at)
            uow.commit()
        return [PushedItem(row.id, row.external_id, None) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundBatch:
    """Of what came in one request."""

    connection: Connection
    correlation_id: str
    at: datetime
    batch_id: UUID


def inbox_rows(
    items: Sequence[ReadItem], inbound_batch: InboundBatch, ids: IdGenerator, mask_cards: CardMask
) -> list[InboxItem]:
    """The item's own text may spell out what was written with references in the request."""
    bodies = [mask_cards(item.raw) for item in items]
    provider = inbound_batch.connection.provider
    return [
        InboxItem(
            id=ids.new(),
            hotel_id=inbound_batch.connection.hotel_id,
            connection_id=inbound_batch.connection.id,
            provider=provider,
            kind=item.kind,
            channel=Channel.PUSHED,
            received_at=inbound_batch.at,
            correlation_id=inbound_batch.correlation_id,
            body=body,
            batch_id=inbound_batch.batch_id,
            position=position,
            fingerprint=fingerprint(provider, item.kind, body),
            external_id=item.external_id,
        )
        for position, (item, body) in enumerate(zip(items, bodies, strict=True))
    ]


def apply_pushed_items(
    uow: UnitOfWork,
    rows: Sequence[InboxItem],
    items: Sequence[ReadItem],
    *,
    can_fetch: bool,
    ids: IdGenerator,
) -> list[PushedItem]:
    """Inbox rows, changes and events of one request, inside the caller's unit of work."""
    if not rows:
        return []
    context = push_context(rows[0], now=rows[0].received_at, can_fetch=can_fetch)
    results = apply_items(uow, items, context, ids)
    processed = rows_with_outcomes(uow, rows, results)
    uow.inbox.add(processed)
    fresh = [row for row in processed if row.state is InboxState.QUARANTINED]
    if fresh:
        emit_quarantined(uow, fresh, context, ids)
    uow.connections.touch_inbound(rows[0].connection_id, at=rows[0].received_at)
    return [
        PushedItem(row.id, row.external_id, result.outcome, result.reason)
        for row, result in zip(rows, results, strict=True)
    ]


def enqueue_inbox_jobs(queue: JobQueue, rows: Iterable[InboxItem]) -> None:
    """Stored items wait for a job. Without a queue nothing is lost: the next tick finds them."""
    jobs = [
        Job(
            name=JobName.INBOX,
            hotel_id=row.hotel_id,
            subject_id=row.batch_id,
            correlation_id=row.correlation_id,
        )
        for row in rows
    ]
    with suppress(QueueUnavailable):
        queue.enqueue(jobs)


def hotel_context(connection: Connection, hotel: Hotel, *, observed_at: datetime) -> HotelContext:
    return HotelContext(
        time_zone=time_zone_of(connection, hotel),
        currency=hotel.currency,
        observed_at=observed_at,
    )


def push_context(row: InboxItem, *, now: datetime, can_fetch: bool) -> ApplyContext:
    return ApplyContext(
        hotel_id=row.hotel_id,
        provider=row.provider,
        receipt=Receipt(
            Channel.PUSHED, row.received_at, row.connection_id, f"inbox/{row.batch_id}"
        ),
        correlation_id=row.correlation_id,
        now=now,
        can_fetch=can_fetch,
    )


def rows_with_outcomes(
    uow: UnitOfWork, rows: Sequence[InboxItem], results: Sequence[ItemResult]
) -> list[InboxItem]:
    """The rows with what became of them. A tie stays RECEIVED until the provider was asked; a
    payload that is quarantined already is recorded as done, not quarantined twice."""
    quarantined = {
        row.fingerprint
        for row, result in zip(rows, results, strict=True)
        if result.outcome is ItemOutcome.QUARANTINED
    }
    known = (
        set(uow.inbox.quarantined_among(rows[0].hotel_id, quarantined)) if quarantined else set()
    )
    processed = []
    for row, result in zip(rows, results, strict=True):
        processed.append(_with_outcome(row, result, known))
        if result.outcome is ItemOutcome.QUARANTINED:
            known.add(row.fingerprint)
    return processed


def _with_outcome(row: InboxItem, result: ItemResult, known: set[str]) -> InboxItem:
    state = InboxState.DONE
    if result.outcome is None:
        state = InboxState.RECEIVED
    elif result.outcome is ItemOutcome.QUARANTINED and row.fingerprint not in known:
        state = InboxState.QUARANTINED
    return replace(
        row,
        state=state,
        outcome=result.outcome,
        reason=result.reason,
        external_id=result.item.external_id,
    )
