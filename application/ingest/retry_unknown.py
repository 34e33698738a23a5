"""Applies quarantined states of bookings that were unknown when they arrived."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from application.ingest.apply_items import ApplyContext, ItemResult, apply_items
from application.ingest.inbox_rows import decide_row
from application.ingest.stored_items import StoredItemReader
from domain.booking import is_unknown_booking
from domain.errors import PmsError
from domain.messages import InboxItem, ItemKind
from domain.precedence import Receipt
from domain.values import SourceVersion
from ports.messages import Entities
from ports.providers import ReadItem
from ports.system import IdGenerator
from ports.unit_of_work import UnitOfWork

MAX_RETRIED: Final = 1_000
"""In one transaction; the others stay in quarantine."""


def retry_unknown(
    uow: UnitOfWork, results: Sequence[ItemResult], context: ApplyContext, ids: IdGenerator
) -> None:
    """After a page that created bookings: applies what was quarantined for lack of them, in the
    order of versions, and records the outcomes."""
    created = {r.item.external_id for r in results if r.created and r.item.external_id}
    if not created or context.reader is None:
        return
    bookings = Entities(context.hotel_id, context.provider, ItemKind.BOOKING, created)
    rows = uow.inbox.quarantined_of(bookings, limit=MAX_RETRIED)
    decided = [
        decide_row(row, apply_items(uow, [item], _context_of(row, context), ids))
        for _, row, item in sorted(_read_again(rows, context.reader), key=lambda each: each[0])
    ]
    uow.inbox.record_outcomes(context.hotel_id, decided)


def _read_again(
    rows: Sequence[InboxItem], reader: StoredItemReader
) -> Iterator[tuple[SourceVersion, InboxItem, ReadItem]]:
    for row in rows:
        if not is_unknown_booking(row.reason) or reader.is_fetched_again(row):
            continue
        with suppress(PmsError):
            for item in reader(row)[:1]:
                if item.snapshot is not None:
                    yield item.snapshot.version, row, item


def _context_of(row: InboxItem, context: ApplyContext) -> ApplyContext:
    receipt = Receipt(row.channel, row.received_at, row.connection_id, f"inbox/{row.batch_id}")
    return replace(context, receipt=receipt, correlation_id=row.correlation_id)
