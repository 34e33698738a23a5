"""The audit log."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    micros_from_instant,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import AUDIT_LOG
from domain.audit import AuditAction, AuditEntry
from domain.values import HotelId


@dataclass(frozen=True, slots=True)
class StoredAuditLog:
    session: Session

    def add(self, entries: Sequence[AuditEntry]) -> None:
        if entries:
            self.session.insert(AUDIT_LOG, [_row(each) for each in entries])

    def of_hotel(self, hotel_id: HotelId, *, limit: int) -> Sequence[AuditEntry]:
        found = self.session.rows(
            f"SELECT {AUDIT_LOG.column_list} FROM audit_log WHERE hotel_id = %s "  # noqa: S608
            "ORDER BY at DESC, id DESC LIMIT %s",
            (hotel_id.hex, limit),
        )
        return [_entry(row) for row in found]


def _row(entry: AuditEntry) -> Row:
    """In the order of AUDIT_LOG's columns."""
    return (
        entry.id.hex,
        micros_from_instant(entry.at),
        entry.actor,
        str(entry.action),
        None if entry.hotel_id is None else entry.hotel_id.hex,
        entry.subject,
        json.dumps(dict(entry.details)),
    )


def _entry(row: Row) -> AuditEntry:
    record = AUDIT_LOG.record(row)
    return AuditEntry(
        id=UUID(record.id),
        at=instant_from_micros(record.at),
        actor=record.actor,
        action=AuditAction(record.action),
        hotel_id=None if record.hotel_id is None else UUID(record.hotel_id),
        subject=record.subject,
        details=json.loads(record.details),
    )
