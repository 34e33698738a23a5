"""The audit log in a dictionary."""

from collections.abc import Sequence

from adapters.outbound.memory.tables import Tables, insert
from domain.audit import AuditEntry
from domain.values import HotelId


class InMemoryAuditLog:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, entries: Sequence[AuditEntry]) -> None:
        insert(self._tables.audit_log, {entry.id: entry for entry in entries})

    def of_hotel(self, hotel_id: HotelId, *, limit: int) -> Sequence[AuditEntry]:
        found = [each for each in self._tables.audit_log.values() if each.hotel_id == hotel_id]
        return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[:limit]
