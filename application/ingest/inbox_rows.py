"""Inbox rows: built from payloads, and decided by the results of their items."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID

from application.ingest.apply_items import ApplyContext, ItemResult
from application.ingest.stored_items import StoredItemReader
from domain.connection import Connection
from domain.messages import ERASED_BODY, InboxItem, InboxState, ItemKind, ItemOutcome
from domain.precedence import Channel, Receipt
from domain.values import Reason
from ports.providers import Provider, ReadItem
from ports.system import CardMask, IdGenerator

PayloadMask: TypeAlias = Callable[[bytes], bytes]


def payload_mask(mask_cards: CardMask, provider: Provider) -> PayloadMask:
    return partial(mask_cards, id_fields=provider.capabilities.id_fields)


def push_context(
    connection: Connection,
    batch_id: UUID,
    *,
    correlation_id: str,
    received_at: datetime,
    now: datetime,
    reader: StoredItemReader | None = None,
) -> ApplyContext:
    """For what was pushed in one request."""
    return ApplyContext.of(
        connection,
        Receipt(Channel.PUSHED, received_at, connection.id, f"inbox/{batch_id}"),
        correlation_id=correlation_id,
        now=now,
        can_fetch=reader is not None and reader.can_fetch,
        reader=reader,
    )


def inbox_row(
    context: ApplyContext,
    kind: ItemKind,
    body: bytes,
    *,
    row_id: UUID,
    batch_id: UUID,
    position: int,
) -> InboxItem:
    return InboxItem(
        id=row_id,
        hotel_id=context.hotel_id,
        connection_id=context.receipt.connection_id,
        provider=context.provider,
        kind=kind,
        channel=context.receipt.channel,
        received_at=context.receipt.observed_at,
        correlation_id=context.correlation_id,
        body=body,
        batch_id=batch_id,
        position=position,
        fingerprint=fingerprint(context.provider, kind, body),
    )


def item_rows(
    items: Sequence[ReadItem],
    context: ApplyContext,
    batch_id: UUID,
    ids: IdGenerator,
    mask: PayloadMask,
) -> list[InboxItem]:
    """Masks each item's raw text again: it may resolve references of the masked request."""
    return [
        replace(
            inbox_row(
                context,
                item.kind,
                mask(item.raw),
                row_id=ids.new(),
                batch_id=batch_id,
                position=position,
            ),
            external_id=item.external_id,
        )
        for position, item in enumerate(items)
    ]


def notification_rows(
    connection: Connection,
    bodies: Sequence[bytes],
    *,
    mask: PayloadMask,
    ids: IdGenerator,
    now: datetime,
    correlation_id: str,
) -> list[InboxItem]:
    """A provider's raw notifications as one batch, which has the id of its first row."""
    row_ids = [ids.new() for _ in bodies]
    return [
        inbox_row(
            push_context(
                connection, row_ids[0], correlation_id=correlation_id, received_at=now, now=now
            ),
            ItemKind.NOTIFICATION,
            mask(body),
            row_id=row_id,
            batch_id=row_ids[0],
            position=position,
        )
        for position, (row_id, body) in enumerate(zip(row_ids, bodies, strict=True))
    ]


def decide_row(
    row: InboxItem, results: Sequence[ItemResult], reason: Reason | None = None
) -> InboxItem:
    """The row with the outcome of its items, usually one. Quarantined for `reason` or if any item
    is; RECEIVED while an item is undecided; a row without items is done. Without its payload if
    an item held personal data of an erased guest."""
    if has_erased(results):
        return _decide(row.erased(), results, reason).erased()
    return _decide(row, results, reason)


def has_erased(results: Sequence[ItemResult]) -> bool:
    """Whether an item held personal data of an erased guest."""
    return any(result.item.raw == ERASED_BODY for result in results)


def _decide(row: InboxItem, results: Sequence[ItemResult], reason: Reason | None) -> InboxItem:
    worst = next((r for r in results if r.outcome is ItemOutcome.QUARANTINED), None)
    if reason is None and worst is None:
        return _row_with_result(row, results)
    return replace(
        row,
        state=InboxState.QUARANTINED,
        outcome=ItemOutcome.QUARANTINED,
        reason=reason or (worst.reason if worst else None),
        external_id=(worst.item.external_id if worst else None) or row.external_id,
    )


def _row_with_result(row: InboxItem, results: Sequence[ItemResult]) -> InboxItem:
    if not results:
        return replace(row, state=InboxState.DONE, outcome=ItemOutcome.UNCHANGED, reason=None)
    is_undecided = any(r.outcome is None for r in results)
    return replace(
        row,
        state=InboxState.RECEIVED if is_undecided else InboxState.DONE,
        outcome=None if is_undecided else results[0].outcome,
        reason=results[0].reason,
        external_id=results[0].item.external_id or row.external_id,
    )


def with_body(row: InboxItem, body: bytes) -> InboxItem:
    """The row with one part of its message."""
    return replace(row, body=body, fingerprint=fingerprint(row.provider, row.kind, body))


def fingerprint(provider: str, kind: ItemKind, body: bytes) -> str:
    """SHA-256 in hex; equal for equal payloads of a provider."""
    return hashlib.sha256(b"\0".join((provider.encode(), kind.encode(), body))).hexdigest()
