"""Keeps what could not be understood or applied: shown, told, replayable."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from application.apply_items import Context, ItemResult
from application.cloud_events import outbox_message
from domain.events import ItemQuarantined
from domain.messages import InboxItem, InboxState, ItemKind
from domain.sync import ItemOutcome
from domain.values import Reason
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork


def quarantine(
    uow: UnitOfWork,
    results: Sequence[ItemResult],
    context: Context,
    ids: IdGenerator,
    *,
    batch_id: UUID,
) -> None:
    """Keeps what a pull could not understand or apply, each payload once, with its event. What it
    did understand outdates what of the same things was kept before it was asked."""
    _outdate(uow, results, context)
    bad = {
        fingerprint(context.provider, r.item.kind, r.item.raw): r
        for r in results
        if r.outcome is ItemOutcome.QUARANTINED
    }
    if not bad:
        return
    known = uow.inbox.quarantined_among(context.hotel_id, bad.keys())
    new = [
        InboxItem(
            id=ids.new(),
            hotel_id=context.hotel_id,
            connection_id=context.observation.connection_id,
            provider=context.provider,
            kind=result.item.kind,
            origin=context.observation.origin,
            received_at=context.observation.observed_at,
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
        for position, (mark, result) in enumerate(bad.items())
        if mark not in known
    ]
    uow.inbox.add(new)
    tell_quarantined(uow, new, context, ids)


def _outdate(uow: UnitOfWork, results: Sequence[ItemResult], context: Context) -> None:
    understood: defaultdict[ItemKind, set[str]] = defaultdict(set)
    for result in results:
        held = result.outcome in (ItemOutcome.APPLIED, ItemOutcome.UNCHANGED)
        if held and result.item.external_id:
            understood[result.item.kind].add(result.item.external_id)
    for kind, external_ids in understood.items():
        uow.inbox.outdate(
            context.hotel_id,
            context.provider,
            kind,
            external_ids,
            before=context.observation.observed_at,
        )


def tell_quarantined(
    uow: UnitOfWork, items: Iterable[InboxItem], context: Context, ids: IdGenerator
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
