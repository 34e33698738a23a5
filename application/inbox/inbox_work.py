"""Rows of one connection that are processed together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from application.inbox.parse_rows import ParsedRow
from application.ingest.apply_items import ApplyContext
from application.ingest.inbox_rows import push_context
from application.ingest.stored_items import StoredItemReader
from application.turns import JobTurn
from domain.connection import Connection
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState
from ports.system import Secrets
from ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class InboxWork:
    """Rows of one connection, by their arrival. `until`: of the monotonic clock; then no further
    request begins after the first."""

    connection: Connection
    hotel: Hotel
    rows: Sequence[InboxItem]
    secrets: Secrets = field(repr=False)
    until: float = math.inf
    turn: JobTurn | None = None

    def push_context(
        self, row: InboxItem, *, now: datetime, reader: StoredItemReader | None = None
    ) -> ApplyContext:
        return push_context(
            self.connection,
            row.batch_id,
            correlation_id=row.correlation_id,
            received_at=row.received_at,
            now=now,
            reader=reader,
        )


def lock_unprocessed(uow: UnitOfWork, parsed: Sequence[ParsedRow]) -> list[ParsedRow]:
    """Those that no other worker processed meanwhile, locked until the unit of work ends."""
    if not parsed:
        return []
    held = uow.inbox.load(parsed[0].row.hotel_id, [each.row.id for each in parsed])
    states = {row_id: row.state for row_id, row in held.items()}
    return [each for each in parsed if states.get(each.row.id) is each.row.state]


def is_undecided(row: InboxItem) -> bool:
    return row.state is InboxState.RECEIVED
