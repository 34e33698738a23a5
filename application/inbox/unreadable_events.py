"""Unreadable events of a notification whose other events are processed."""

from collections.abc import Sequence
from dataclasses import replace

from application.ingest.apply_items import ApplyContext
from application.ingest.inbox_rows import inbox_row
from application.ingest.quarantine_items import add_quarantined
from domain.messages import InboxState, ItemKind, ItemOutcome
from ports.providers import UnreadableEvent
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork


def quarantine_events(
    uow: UnitOfWork,
    events: Sequence[UnreadableEvent],
    context: ApplyContext,
    ids: IdGenerator,
) -> None:
    """Stores each event as a row of its own, once, so that it can be replayed alone."""
    batch_id = ids.new()
    rows = [
        replace(
            inbox_row(
                context,
                ItemKind.NOTIFICATION,
                event.raw,
                row_id=ids.new(),
                batch_id=batch_id,
                position=position,
            ),
            state=InboxState.QUARANTINED,
            outcome=ItemOutcome.QUARANTINED,
            reason=event.reason,
        )
        for position, event in enumerate(events)
    ]
    add_quarantined(uow, rows, context, ids)
