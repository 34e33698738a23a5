"""Store of the audit log."""

from collections.abc import Sequence
from typing import Protocol

from domain.audit import AuditEntry
from domain.values import HotelId


class AuditLog(Protocol):
    """Append-only: the database refuses to change or delete entries."""

    def add(self, entries: Sequence[AuditEntry]) -> None: ...

    def of_hotel(self, hotel_id: HotelId, *, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""
        ...
