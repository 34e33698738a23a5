"""One booking by its identity, and status histories."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from application.access.authenticate import Principal
from domain.booking import Booking
from ports.bookings import StatusChange
from ports.queries import Inspect, Queries, read_everything


@dataclass(frozen=True, slots=True)
class FindBooking:
    queries: Queries

    def __call__(
        self,
        principal: Principal,
        provider: str,
        external_id: str,
        *,
        inspect: Inspect = read_everything,
    ) -> Booking | None:
        """None if the caller's hotel has none. Raises Forbidden for another provider, and what
        `inspect` does."""
        principal.require_provider(provider)
        return self.queries.booking(principal.hotel_id, provider, external_id, inspect=inspect)


@dataclass(frozen=True, slots=True)
class FindStatusHistory:
    queries: Queries

    def __call__(
        self, principal: Principal, booking_ids: Collection[UUID], *, limit: int | None = None
    ) -> Mapping[UUID, Sequence[StatusChange]]:
        """Oldest first; `limit`: of all changes together."""
        return self.queries.status_history(principal.hotel_id, booking_ids, limit=limit)
