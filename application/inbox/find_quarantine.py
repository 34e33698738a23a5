"""Lists quarantined items of the caller's provider, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.access.authenticate import Principal
from application.errors import require_in_range
from domain.messages import ListedItem
from ports.queries import QuarantineFilter, Queries

MAX_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class QuarantineList:
    """`next_after`: pass it as `after`; None at the end."""

    items: Sequence[ListedItem]
    next_after: UUID | None


@dataclass(frozen=True, slots=True)
class FindQuarantine:
    queries: Queries

    def __call__(
        self, principal: Principal, *, limit: int = 50, after: UUID | None = None
    ) -> QuarantineList:
        """Raises InvalidRequest (`limit`)."""
        require_in_range("limit", limit, 1, MAX_LIMIT)
        wanted = QuarantineFilter(
            hotel_id=principal.hotel_id, provider=principal.provider, after=after
        )
        found = self.queries.quarantine(wanted, limit=limit + 1)
        shown = found[:limit]
        return QuarantineList(shown, shown[-1].id if len(found) > limit else None)
