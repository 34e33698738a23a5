"""The audit log in a dictionary."""

from collections.abc import Sequence
from uuid import UUID

from adapters.outbound.memory.tables import Tables, insert
from domain.audit import AuditEntry
from ports.audit import AuditFilter


class InMemoryAuditLog:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, entries: Sequence[AuditEntry]) -> None:
        insert(self._tables.audit_log, {entry.id: entry for entry in entries})

    def get(self, entry_id: UUID) -> AuditEntry | None:
        return self._tables.audit_log.get(entry_id)

    def find(self, wanted: AuditFilter, *, limit: int) -> Sequence[AuditEntry]:
        found = [each for each in self._tables.audit_log.values() if _matches(each, wanted)]
        return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[:limit]


def _matches(entry: AuditEntry, wanted: AuditFilter) -> bool:
    return (
        wanted.hotel_id in (None, entry.hotel_id)
        and wanted.actor in (None, entry.actor.name, entry.actor.label)
        and wanted.action in (None, entry.action)
        and (wanted.since is None or entry.at >= wanted.since)
        and (wanted.before is None or (entry.at, entry.id) < wanted.before)
    )
