"""What becomes of an inbox row: done, quarantined once, or waiting for another attempt."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from application.connections.connection_health import must_stop_connection
from application.ingest.apply_items import ApplyContext, ItemResult
from application.ingest.quarantine_items import emit_quarantined, fingerprint
from domain.errors import PmsError
from domain.messages import InboxItem, InboxOutcome, InboxState, ItemKind, ItemOutcome
from domain.values import Reason
from ports.errors import ProviderUnavailable, RateLimited, TooHeavy
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork

MAX_ATTEMPTS: Final = 12
"""With pauses that double (see Inbox.waiting) a day and a half; then the item is quarantined."""

ATTEMPTS_EXHAUSTED: Final = Reason(
    "gave_up",
    None,
    "no attempt came to an end, the worker broke off each time; mend the mapping, then replay it",
)

_RETRYABLE_ERRORS: Final = (ProviderUnavailable, RateLimited, TooHeavy)


def is_retryable(error: PmsError) -> bool:
    """Whether asking the provider again later may help."""
    return isinstance(error, _RETRYABLE_ERRORS)


def unchanged_inbox_outcome(row: InboxItem) -> InboxOutcome:
    """Nothing was decided."""
    return InboxOutcome(
        item_id=row.id,
        state=row.state,
        outcome=row.outcome,
        reason=row.reason,
        external_id=row.external_id,
    )


def build_inbox_outcome(
    row: InboxItem, results: Sequence[ItemResult], reason: Reason | None
) -> InboxOutcome:
    """A stored item holds one thing; a notification that asks for nothing is done as it is. A tie
    stays RECEIVED."""
    if reason is None and not results:
        return InboxOutcome(item_id=row.id, state=InboxState.DONE, outcome=ItemOutcome.UNCHANGED)
    worst = next((r for r in results if r.outcome is ItemOutcome.QUARANTINED), None)
    if reason is not None or worst is not None:
        return InboxOutcome(
            item_id=row.id,
            state=InboxState.QUARANTINED,
            outcome=ItemOutcome.QUARANTINED,
            reason=reason or (worst.reason if worst else None),
            external_id=worst.item.external_id if worst else row.external_id,
        )
    has_conflict = any(r.outcome is None for r in results)
    return InboxOutcome(
        item_id=row.id,
        state=InboxState.RECEIVED if has_conflict else InboxState.DONE,
        outcome=None if has_conflict else results[0].outcome,
        reason=results[0].reason,
        external_id=results[0].item.external_id,
    )


def outcome_after_fetch(
    row: InboxItem, results: Sequence[ItemResult], *, dedup_key: str | None = None
) -> InboxOutcome:
    """All that the row asked for was fetched and stored; what is bad in it has its own row. A
    notification is known by its event's key from then on. Only a quarantined row whose own text
    came back just as bad stays where it is."""
    if row.kind is ItemKind.NOTIFICATION:
        changed = any(r.outcome is ItemOutcome.APPLIED for r in results)
        outcome = ItemOutcome.APPLIED if changed else ItemOutcome.UNCHANGED
        return InboxOutcome(
            item_id=row.id, state=InboxState.DONE, outcome=outcome, dedup_key=dedup_key
        )
    own_results = [r for r in results if r.item.external_id == row.external_id]
    inbox_outcome = replace(
        build_inbox_outcome(row, own_results, None), external_id=row.external_id
    )
    if row.state is InboxState.QUARANTINED and any(_is_same_failure(r, row) for r in results):
        return replace(inbox_outcome, state=row.state, outcome=row.outcome, reason=row.reason)
    return replace(inbox_outcome, state=InboxState.DONE)


def outcome_after_failed_fetch(row: InboxItem, error: PmsError) -> InboxOutcome:
    """A row in quarantine stays there with what brought it there. Refused credentials are no
    fault of the row: it waits until someone resumes the connection."""
    failed = InboxOutcome(
        item_id=row.id,
        state=InboxState.QUARANTINED,
        outcome=ItemOutcome.QUARANTINED,
        reason=Reason(error.code, None, error.message),
        external_id=row.external_id,
    )
    if row.state is InboxState.QUARANTINED:
        return replace(failed, reason=row.reason)
    will_retry = is_retryable(error) and row.attempts < MAX_ATTEMPTS
    if will_retry or must_stop_connection(error):
        return replace(failed, state=InboxState.RECEIVED, outcome=None)
    return failed


def quarantine_once(
    uow: UnitOfWork,
    rows: Sequence[InboxItem],
    outcomes: Sequence[InboxOutcome],
    context: ApplyContext,
    ids: IdGenerator,
) -> list[InboxOutcome]:
    """The settlements to write: a payload that is quarantined already is done, and told once."""
    newly_quarantined = []
    resolved = []
    quarantined = {
        row.fingerprint for row, s in zip(rows, outcomes, strict=True) if _enters_quarantine(row, s)
    }
    known = (
        set(uow.inbox.quarantined_among(context.hotel_id, quarantined)) if quarantined else set()
    )
    for row, inbox_outcome in zip(rows, outcomes, strict=True):
        if _enters_quarantine(row, inbox_outcome) and row.fingerprint in known:
            resolved.append(replace(inbox_outcome, state=InboxState.DONE))
            continue
        resolved.append(inbox_outcome)
        if _enters_quarantine(row, inbox_outcome):
            known.add(row.fingerprint)
            newly_quarantined.append(
                replace(row, reason=inbox_outcome.reason, external_id=inbox_outcome.external_id)
            )
    if newly_quarantined:
        emit_quarantined(uow, newly_quarantined, context, ids)
    return resolved


def _enters_quarantine(row: InboxItem, inbox_outcome: InboxOutcome) -> bool:
    into = inbox_outcome.state is InboxState.QUARANTINED
    return into and row.state is not InboxState.QUARANTINED


def _is_same_failure(result: ItemResult, row: InboxItem) -> bool:
    if result.outcome is not ItemOutcome.QUARANTINED:
        return False
    return fingerprint(row.provider, result.item.kind, result.item.raw) == row.fingerprint
