"""Reads the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from application.errors import NotFound
from domain.audit import AuditEntry
from ports.audit import AuditFilter
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`next_after`: the id of the last entry if there are more."""

    entries: Sequence[AuditEntry]
    next_after: UUID | None


@dataclass(frozen=True, slots=True)
class FindAuditEntries:
    unit_of_work: UnitOfWorkFactory

    def __call__(self, wanted: AuditFilter, *, limit: int, after: UUID | None = None) -> AuditPage:
        """Newest first; `after`: those after the entry of this id. Raises NotFound."""
        with self.unit_of_work() as uow:
            if after is not None:
                last = uow.audit_log.get(after)
                if last is None:
                    raise NotFound(f"after: the audit log has no entry {after}", field="after")
                wanted = replace(wanted, before=(last.at, last.id))
            found = uow.audit_log.find(wanted, limit=limit + 1)
        entries = found[:limit]
        return AuditPage(entries, entries[-1].id if len(found) > limit else None)
