"""Quarantine: each payload that could not be mapped or applied is kept and reported once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from application.events.cloud_events import outbox_message
from application.ingest.apply_items import ApplyContext, ItemResult, apply_items
from application.ingest.inbox_rows import decide_row, inbox_row
from application.ingest.retry_unknown import retry_unknown
from domain.events import ItemQuarantined
from domain.messages import InboxItem, InboxState, ItemKind, ItemOutcome
from domain.values import Reason
from ports.messages import OutdatedItems
from ports.providers import Page
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork


def apply_page(
    uow: UnitOfWork, page: Page, context: ApplyContext, ids: IdGenerator, *, batch_id: UUID
) -> list[ItemResult]:
    """Stores a pulled page: hotel records, items, and those that are quarantined, each payload
    once under `batch_id`. Applied items make older quarantined rows of their entities stale."""
    if page.records:
        uow.records.save(context.hotel_id, context.provider, page.records, now=context.now)
    results = apply_items(uow, page.items, context, ids)
    _mark_older_stale(uow, results, context)
    quarantined = [r for r in results if r.outcome is ItemOutcome.QUARANTINED]
    rows = [
        decide_row(
            inbox_row(
                context,
                result.item.kind,
                result.item.raw,
                row_id=ids.new(),
                batch_id=batch_id,
                position=position,
            ),
            [result],
        )
        for position, result in enumerate(quarantined)
    ]
    add_quarantined(uow, rows, context, ids)
    retry_unknown(uow, results, context, ids)
    return results


def add_quarantined(
    uow: UnitOfWork, rows: Sequence[InboxItem], context: ApplyContext, ids: IdGenerator
) -> None:
    """Adds those whose payload is not in quarantine yet."""
    new = quarantine_once(uow, rows, context, ids)
    uow.inbox.add([row for row in new if row.state is InboxState.QUARANTINED])


def quarantine_once(
    uow: UnitOfWork, rows: Sequence[InboxItem], context: ApplyContext, ids: IdGenerator
) -> list[InboxItem]:
    """The rows; those that would be quarantined are DONE if their payload is in quarantine
    already. Publishes an event for each of the others."""
    marks = {row.fingerprint for row in rows if row.state is InboxState.QUARANTINED}
    if not marks:
        return list(rows)
    known = set(uow.inbox.quarantined_among(context.hotel_id, marks))
    resolved = []
    for row in rows:
        is_quarantined = row.state is InboxState.QUARANTINED
        is_known = is_quarantined and row.fingerprint in known
        resolved.append(replace(row, state=InboxState.DONE) if is_known else row)
        if is_quarantined:
            known.add(row.fingerprint)
    _emit_quarantined(uow, resolved, context, ids)
    return resolved


def _mark_older_stale(
    uow: UnitOfWork, results: Sequence[ItemResult], context: ApplyContext
) -> None:
    applied_ids: defaultdict[ItemKind, set[str]] = defaultdict(set)
    for result in results:
        is_current = result.outcome in (ItemOutcome.APPLIED, ItemOutcome.UNCHANGED)
        if is_current and result.item.external_id:
            applied_ids[result.item.kind].add(result.item.external_id)
    for kind, external_ids in applied_ids.items():
        outdated = OutdatedItems(
            hotel_id=context.hotel_id,
            provider=context.provider,
            kind=kind,
            external_ids=external_ids,
            before=context.receipt.observed_at,
        )
        uow.inbox.mark_stale(outdated)


def _emit_quarantined(
    uow: UnitOfWork, rows: Iterable[InboxItem], context: ApplyContext, ids: IdGenerator
) -> None:
    events = [
        ItemQuarantined(
            header=context.event_header(row.external_id or str(row.id), None),
            kind=row.kind,
            inbox_id=str(row.id),
            reason=row.reason or Reason("unknown", None, "no reason was given"),
        )
        for row in rows
        if row.state is InboxState.QUARANTINED
    ]
    uow.outbox.add([outbox_message(event, ids.new()) for event in events])
