"""Keeps what could not be understood or applied: shown, told, replayable."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from application.events.cloud_events import outbox_message
from application.ingest.apply_items import ApplyContext, ItemResult
from domain.events import ItemQuarantined
from domain.messages import InboxItem, InboxState, ItemKind, ItemOutcome
from domain.values import Reason
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork


def quarantine(
    uow: UnitOfWork,
    results: Sequence[ItemResult],
    context: ApplyContext,
    ids: IdGenerator,
    *,
    batch_id: UUID,
) -> None:
    """Keeps what a pull could not understand or apply, each payload once, with its event. What it
    did understand outdates what of the same things was kept before it was asked."""
    _mark_older_stale(uow, results, context)
    quarantined = {
        fingerprint(context.provider, r.item.kind, r.item.raw): r
        for r in results
        if r.outcome is ItemOutcome.QUARANTINED
    }
    if not quarantined:
        return
    known = uow.inbox.quarantined_among(context.hotel_id, quarantined.keys())
    new = [
        InboxItem(
            id=ids.new(),
            hotel_id=context.hotel_id,
            connection_id=context.receipt.connection_id,
            provider=context.provider,
            kind=result.item.kind,
            channel=context.receipt.channel,
            received_at=context.receipt.observed_at,
            correlation_id=context.correlation_id,
            body=result.item.raw,
            batch_id=batch_id,
            position=position,
            fingerprint=mark,
            state=InboxState.QUARANTINED,
            outcome=ItemOutcome.QUARANTINED,
            reason=result.reason,
            external_id=result.item.external_id,
        )
        for position, (mark, result) in enumerate(quarantined.items())
        if mark not in known
    ]
    uow.inbox.add(new)
    emit_quarantined(uow, new, context, ids)


def _mark_older_stale(
    uow: UnitOfWork, results: Sequence[ItemResult], context: ApplyContext
) -> None:
    applied_ids: defaultdict[ItemKind, set[str]] = defaultdict(set)
    for result in results:
        held = result.outcome in (ItemOutcome.APPLIED, ItemOutcome.UNCHANGED)
        if held and result.item.external_id:
            applied_ids[result.item.kind].add(result.item.external_id)
    for kind, external_ids in applied_ids.items():
        uow.inbox.mark_stale(
            context.hotel_id,
            context.provider,
            kind,
            external_ids,
            before=context.receipt.observed_at,
        )


def emit_quarantined(
    uow: UnitOfWork, items: Iterable[InboxItem], context: ApplyContext, ids: IdGenerator
) -> None:
    uow.outbox.add(
        [
            outbox_message(
                ItemQuarantined(
                    hotel_id=context.hotel_id,
                    provider=context.provider,
                    connection_id=item.connection_id,
                    external_id=item.external_id or str(item.id),
                    version=None,
                    correlation_id=context.correlation_id,
                    at=context.now,
                    kind=item.kind,
                    inbox_id=str(item.id),
                    reason=item.reason or Reason("unknown", None, "no reason was given"),
                ),
                ids.new(),
            )
            for item in items
        ]
    )


def fingerprint(provider: str, kind: ItemKind, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((provider.encode(), kind.encode(), body))).hexdigest()
