"""The outcome of an inbox row after a fetch: done, quarantined, or waiting for another attempt."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from application.connections.connection_health import must_stop_connection, run_error
from application.ingest.apply_items import ApplyContext, ItemResult
from application.ingest.inbox_rows import decide_row, fingerprint, has_erased
from application.ingest.quarantine_items import quarantine_once
from domain.errors import PmsError
from domain.messages import InboxItem, InboxState, ItemKind, ItemOutcome
from domain.values import Reason
from ports.errors import ProviderUnavailable, RateLimited, TooHeavy, UnknownProvider
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork

MAX_INBOX_ATTEMPTS: Final = 12
"""With doubling pauses (see Inbox.waiting) a day and a half; then the item is quarantined."""

ATTEMPTS_EXHAUSTED: Final = Reason(
    "gave_up",
    None,
    "no attempt finished: the worker died each time; fix the mapping, then replay the item",
)

_RETRYABLE_ERRORS: Final = (ProviderUnavailable, RateLimited, TooHeavy, UnknownProvider)


def is_retryable(error: PmsError) -> bool:
    """Whether a later attempt may succeed without a change to the item."""
    return isinstance(error, _RETRYABLE_ERRORS)


def decide_after_fetch(
    row: InboxItem, results: Sequence[ItemResult], *, dedup_key: str | None
) -> InboxItem:
    """Done: everything it referred to was fetched and stored, and quarantined items have rows of
    their own. Only a quarantined row stays so if the fetch returned the same invalid payload."""
    if has_erased(results):
        row = row.erased()
    if row.kind is ItemKind.NOTIFICATION:
        changed = any(r.outcome is ItemOutcome.APPLIED for r in results)
        outcome = ItemOutcome.APPLIED if changed else ItemOutcome.UNCHANGED
        return replace(
            row, state=InboxState.DONE, outcome=outcome, reason=None, dedup_key=dedup_key
        )
    if row.state is InboxState.QUARANTINED and any(_is_same_failure(r, row) for r in results):
        return row
    own_results = [r for r in results if r.item.external_id == row.external_id]
    return replace(decide_row(row, own_results), state=InboxState.DONE)


def decide_after_failed_fetch(row: InboxItem, error: PmsError) -> InboxItem:
    """Waits for another attempt, or quarantined once these are exhausted. Refused credentials are
    no fault of the row: it waits until the connection is resumed. A quarantined row stays as it
    is."""
    if row.state is InboxState.QUARANTINED:
        return row
    reason = Reason(error.code, None, run_error(error).text)
    will_retry = is_retryable(error) and row.attempts < MAX_INBOX_ATTEMPTS
    if will_retry or must_stop_connection(error):
        return replace(row, state=InboxState.RECEIVED, outcome=None, reason=reason)
    return replace(
        row, state=InboxState.QUARANTINED, outcome=ItemOutcome.QUARANTINED, reason=reason
    )


def record_outcomes(
    uow: UnitOfWork,
    rows: Sequence[InboxItem],
    decided: Sequence[InboxItem],
    context: ApplyContext,
    ids: IdGenerator,
) -> list[InboxItem]:
    """The decided rows as recorded; see `resolve_outcomes`."""
    recorded, to_write = resolve_outcomes(uow, rows, decided, context, ids)
    uow.inbox.record_outcomes(context.hotel_id, to_write)
    return recorded


def resolve_outcomes(
    uow: UnitOfWork,
    rows: Sequence[InboxItem],
    decided: Sequence[InboxItem],
    context: ApplyContext,
    ids: IdGenerator,
) -> tuple[list[InboxItem], list[InboxItem]]:
    """The decided rows as they are to be recorded, and those of them to write; each payload enters
    quarantine once. A version conflict does not take a row out of quarantine: the provider's
    answer does."""
    was_quarantined = {row.id for row in rows if row.state is InboxState.QUARANTINED}
    entering = [row for row in decided if row.id not in was_quarantined]
    resolved = {row.id: row for row in quarantine_once(uow, entering, context, ids)}
    recorded = [resolved.get(row.id, row) for row in decided]
    to_write = [
        row
        for row in recorded
        if row.id not in was_quarantined or row.state is not InboxState.RECEIVED
    ]
    return recorded, to_write


def _is_same_failure(result: ItemResult, row: InboxItem) -> bool:
    if result.outcome is not ItemOutcome.QUARANTINED:
        return False
    return fingerprint(row.provider, result.item.kind, result.item.raw) == row.fingerprint
