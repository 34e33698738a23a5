"""The audit log."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    micros_from_instant,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import AUDIT_LOG
from domain.audit import Actor, AuditAction, AuditChannel, AuditEntry
from ports.audit import AuditFilter


@dataclass(frozen=True, slots=True)
class StoredAuditLog:
    session: Session

    def add(self, entries: Sequence[AuditEntry]) -> None:
        if entries:
            self.session.insert(AUDIT_LOG, [audit_row(each) for each in entries])

    def get(self, entry_id: UUID) -> AuditEntry | None:
        found = self._select("id = %s", entry_id.hex)
        return found[0] if found else None

    def find(self, wanted: AuditFilter, *, limit: int) -> Sequence[AuditEntry]:
        conditions, parameters = [], list[object]()
        for condition, values in _conditions(wanted):
            conditions.append(condition)
            parameters += values
        where = " AND ".join(conditions) or "1 = 1"
        return self._select(f"{where} ORDER BY at DESC, id DESC LIMIT %s", *parameters, limit)

    def _select(self, where: str, *parameters: object) -> list[AuditEntry]:
        sql = f"SELECT {AUDIT_LOG.column_list} FROM audit_log WHERE {where}"  # noqa: S608
        return [_entry(row) for row in self.session.rows(sql, parameters)]


def _conditions(wanted: AuditFilter) -> Iterator[tuple[str, tuple[object, ...]]]:
    if wanted.hotel_id is not None:
        yield "hotel_id = %s", (wanted.hotel_id.hex,)
    if wanted.actor is not None:
        yield "(actor = %s OR actor_label = %s)", (wanted.actor, wanted.actor)
    if wanted.action is not None:
        yield "action = %s", (str(wanted.action),)
    if wanted.since is not None:
        yield "at >= %s", (micros_from_instant(wanted.since),)
    if wanted.before is not None:
        at, entry_id = wanted.before
        yield "(at, id) < (%s, %s)", (micros_from_instant(at), entry_id.hex)


def audit_row(entry: AuditEntry) -> Row:
    """In the order of AUDIT_LOG's columns."""
    return (
        entry.id.hex,
        micros_from_instant(entry.at),
        entry.actor.name,
        str(entry.action),
        None if entry.hotel_id is None else entry.hotel_id.hex,
        entry.subject,
        json.dumps(dict(entry.details)),
        entry.actor.label,
        str(entry.actor.channel),
        entry.actor.address,
        json.dumps(dict(entry.before)),
        json.dumps(dict(entry.after)),
    )


def _entry(row: Row) -> AuditEntry:
    record = AUDIT_LOG.record(row)
    actor = Actor(
        channel=AuditChannel(record.channel),
        name=record.actor,
        label=record.actor_label,
        address=record.address,
    )
    return AuditEntry(
        id=UUID(record.id),
        at=instant_from_micros(record.at),
        actor=actor,
        action=AuditAction(record.action),
        hotel_id=None if record.hotel_id is None else UUID(record.hotel_id),
        subject=record.subject,
        before=json.loads(record.state_before),
        after=json.loads(record.state_after),
        details=json.loads(record.details),
    )
