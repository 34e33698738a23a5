"""What becomes of an inbox row: done, quarantined once, or waiting for another attempt."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from application.apply_items import Context, ItemResult
from application.asked_connection import stops
from application.quarantine_items import fingerprint, tell_quarantined
from domain.errors import PmsError
from domain.messages import InboxItem, InboxState, ItemKind, Settlement
from domain.sync import ItemOutcome
from domain.values import Reason
from ports.errors import ProviderUnavailable, RateLimited, TooHeavy
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork

MAX_ATTEMPTS: Final = 12
"""With pauses that double (see Inbox.waiting) a day and a half; then the item is quarantined."""

GAVE_UP: Final = Reason(
    "gave_up",
    None,
    "no attempt came to an end, the worker broke off each time; mend the mapping, then replay it",
)

_PASSING: Final = (ProviderUnavailable, RateLimited, TooHeavy)


def is_passing(error: PmsError) -> bool:
    """Whether asking the provider again later may help."""
    return isinstance(error, _PASSING)


def as_it_was(row: InboxItem) -> Settlement:
    """Nothing was decided."""
    return Settlement(
        item_id=row.id,
        state=row.state,
        outcome=row.outcome,
        reason=row.reason,
        external_id=row.external_id,
    )


def settlement_of(
    row: InboxItem, results: Sequence[ItemResult], reason: Reason | None
) -> Settlement:
    """A stored item holds one thing; a notification that asks for nothing is done as it is. A tie
    stays RECEIVED."""
    if reason is None and not results:
        return Settlement(item_id=row.id, state=InboxState.DONE, outcome=ItemOutcome.UNCHANGED)
    worst = next((r for r in results if r.outcome is ItemOutcome.QUARANTINED), None)
    if reason is not None or worst is not None:
        return Settlement(
            item_id=row.id,
            state=InboxState.QUARANTINED,
            outcome=ItemOutcome.QUARANTINED,
            reason=reason or (worst.reason if worst else None),
            external_id=worst.item.external_id if worst else row.external_id,
        )
    tied = any(r.tied for r in results)
    return Settlement(
        item_id=row.id,
        state=InboxState.RECEIVED if tied else InboxState.DONE,
        outcome=None if tied else results[0].outcome,
        reason=results[0].reason,
        external_id=results[0].item.external_id,
    )


def fetched(
    row: InboxItem, results: Sequence[ItemResult], *, event_key: str | None = None
) -> Settlement:
    """All that the row asked for was fetched and stored; what is bad in it has its own row. A
    notification is known by its event's key from then on. Only a quarantined row whose own text
    came back just as bad stays where it is."""
    if row.kind is ItemKind.NOTIFICATION:
        changed = any(r.outcome is ItemOutcome.APPLIED for r in results)
        outcome = ItemOutcome.APPLIED if changed else ItemOutcome.UNCHANGED
        return Settlement(
            item_id=row.id, state=InboxState.DONE, outcome=outcome, external_id=event_key
        )
    mine = [r for r in results if r.item.external_id == row.external_id]
    settlement = replace(settlement_of(row, mine, None), external_id=row.external_id)
    if row.state is InboxState.QUARANTINED and any(_is_as_bad(r, row) for r in results):
        return replace(settlement, state=row.state, outcome=row.outcome, reason=row.reason)
    return replace(settlement, state=InboxState.DONE)


def not_fetched(row: InboxItem, error: PmsError) -> Settlement:
    """A row in quarantine stays there with what brought it there. Refused credentials are no
    fault of the row: it waits until someone resumes the connection."""
    failed = Settlement(
        item_id=row.id,
        state=InboxState.QUARANTINED,
        outcome=ItemOutcome.QUARANTINED,
        reason=Reason(error.code, None, error.message),
        external_id=row.external_id,
    )
    if row.state is InboxState.QUARANTINED:
        return replace(failed, reason=row.reason)
    waits = is_passing(error) and row.attempts < MAX_ATTEMPTS
    if waits or stops(error):
        return replace(failed, state=InboxState.RECEIVED, outcome=None)
    return failed


def quarantined_once(
    uow: UnitOfWork,
    rows: Sequence[InboxItem],
    settled: Sequence[Settlement],
    context: Context,
    ids: IdGenerator,
) -> list[Settlement]:
    """The settlements to write: a payload that is quarantined already is done, and told once."""
    told = []
    decided = []
    bad = {row.fingerprint for row, s in zip(rows, settled, strict=True) if _enters(row, s)}
    known = set(uow.inbox.quarantined_among(context.hotel_id, bad)) if bad else set()
    for row, settlement in zip(rows, settled, strict=True):
        if _enters(row, settlement) and row.fingerprint in known:
            decided.append(replace(settlement, state=InboxState.DONE))
            continue
        decided.append(settlement)
        if _enters(row, settlement):
            known.add(row.fingerprint)
            told.append(replace(row, reason=settlement.reason, external_id=settlement.external_id))
    if told:
        tell_quarantined(uow, told, context, ids)
    return decided


def _enters(row: InboxItem, settlement: Settlement) -> bool:
    into = settlement.state is InboxState.QUARANTINED
    return into and row.state is not InboxState.QUARANTINED


def _is_as_bad(result: ItemResult, row: InboxItem) -> bool:
    if result.outcome is not ItemOutcome.QUARANTINED:
        return False
    return fingerprint(row.provider, result.item.kind, result.item.raw) == row.fingerprint
