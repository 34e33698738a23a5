"""Store of the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.audit import AuditAction, AuditEntry
from domain.values import HotelId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """All that are set must match. `actor`: the actor's name or label. `before`: only entries that
    are older than this one, by time and id."""

    hotel_id: HotelId | None = None
    actor: str | None = None
    action: AuditAction | None = None
    since: datetime | None = None
    before: tuple[datetime, UUID] | None = None


class AuditLog(Protocol):
    """Append-only: the database refuses to change or delete entries."""

    def add(self, entries: Sequence[AuditEntry]) -> None: ...

    def get(self, entry_id: UUID) -> AuditEntry | None: ...

    def find(self, wanted: AuditFilter, *, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""
        ...
