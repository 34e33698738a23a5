"""A partner pushes bookings, guests or availability: stored, applied, answered item by item."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from application.access.authenticate import Principal
from application.connections.stored_connections import build_hotel_context
from application.enqueue_jobs import enqueue_inbox
from application.errors import ItemTooLarge, NotConnected
from application.ingest.apply_items import ApplyContext, apply_items
from application.ingest.inbound_use_case import InboundUseCase
from application.ingest.inbox_rows import decide_row, item_rows, payload_mask
from application.ingest.quarantine_cap import require_room, require_room_for
from application.ingest.quarantine_items import quarantine_once
from application.ingest.retry_unknown import retry_unknown
from application.ingest.stored_items import MAX_ITEMS
from application.retrying import in_transaction
from application.stored_hotels import get_hotel
from domain.access import Scope
from domain.connection import Connection
from domain.hotel import Hotel
from domain.messages import MAX_ITEM_BYTES, InboxItem, ItemKind, ItemOutcome
from domain.values import Reason
from ports.providers import ReadItem
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """`deferred`: store and acknowledge now, apply in a job."""

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
class IngestItems(InboundUseCase):
    """Inbox rows, changes and events are committed in one transaction before the answer."""

    def __call__(self, principal: Principal, push: Push) -> PushResult:
        """Raises UnknownProvider, Forbidden, NotConnected, UnreadableMessage, TooManyItems,
        ItemTooLarge, QuarantineFull, StoreUnavailable: nothing was stored then."""
        provider = self.providers.get(push.provider)
        principal.require_provider(push.provider)
        principal.require(Scope.INGEST)
        connection, hotel = self._connection(principal, push.provider)
        batch_id, context = self._begin_batch(connection, hotel, provider, push.correlation_id)
        mask = payload_mask(self.mask_cards, provider)
        items = provider.read_items(
            push.kind,
            [mask(push.body)],
            build_hotel_context(connection, hotel, observed_at=context.now),
            limit=MAX_ITEMS,
        )
        _require_small_items(items)
        rows = item_rows(items, context, batch_id, self.ids, mask)

        def store(uow: UnitOfWork) -> list[PushedItem]:
            if not push.deferred:
                return apply_pushed_items(uow, rows, items, context, self.ids, self.quarantine_cap)
            require_room(uow, context.hotel_id, self.quarantine_cap)
            add_rows(uow, rows, context)
            return [PushedItem(row.id, row.external_id, None) for row in rows]

        results = in_transaction(self.unit_of_work, store)
        if any(item.outcome is None for item in results):
            enqueue_inbox(self.queue, rows[0])
        return PushResult(batch_id, results)

    def _connection(self, principal: Principal, provider: str) -> tuple[Connection, Hotel]:
        hotel = get_hotel(self.directory, principal.hotel_id)
        for connection in self.directory.connections_of_hotel(hotel.id):
            if connection.provider == provider:
                return connection, hotel
        raise NotConnected(provider=provider)


def _require_small_items(items: Sequence[ReadItem]) -> None:
    """Raises ItemTooLarge, so that no read has to load more at once."""
    for position, item in enumerate(items):
        if len(item.raw) > MAX_ITEM_BYTES:
            message = f"[{position}]: send at most {MAX_ITEM_BYTES:,} bytes per item"
            raise ItemTooLarge(message, path=f"[{position}]", limit=MAX_ITEM_BYTES)


def apply_pushed_items(
    uow: UnitOfWork,
    rows: Sequence[InboxItem],
    items: Sequence[ReadItem],
    context: ApplyContext,
    ids: IdGenerator,
    quarantine_cap: int,
) -> list[PushedItem]:
    """Stores inbox rows, changes and events of one request in the caller's unit of work. Raises
    QuarantineFull."""
    if not rows:
        return []
    results = apply_items(uow, items, context, ids)
    decided = [decide_row(row, [result]) for row, result in zip(rows, results, strict=True)]
    stored = quarantine_once(uow, decided, context, ids)
    require_room_for(uow, context.hotel_id, quarantine_cap, stored)
    add_rows(uow, stored, context)
    retry_unknown(uow, results, context, ids)
    return [PushedItem(row.id, row.external_id, row.outcome, row.reason) for row in decided]


def add_rows(uow: UnitOfWork, rows: Sequence[InboxItem], context: ApplyContext) -> None:
    if not rows:
        return
    uow.inbox.add(rows)
    uow.connections.touch_inbound(context.receipt.connection_id, at=context.receipt.observed_at)
