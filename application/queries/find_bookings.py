"""Queries for partners and the assistant: checked filters, pages by opaque cursors."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

from application.errors import InvalidRequest
from application.queries.result_pages import ResultPage, find_page
from domain.booking import Booking
from domain.guest import Guest
from ports.queries import (
    AvailabilityFilter,
    BookingFilter,
    BookingOrder,
    ContentSize,
    GuestFilter,
    Inspect,
    ListedCell,
    Part,
    Queries,
    RecordsSize,
    read_everything,
)

__all__ = [
    "AvailabilityFilter",
    "BookingFilter",
    "BookingOrder",
    "ContentSize",
    "FindAvailability",
    "FindBookings",
    "FindGuests",
    "GuestFilter",
    "Part",
    "RecordsSize",
]

MAX_DAYS: Final = 400
MAX_CELLS: Final = 10_000


@dataclass(frozen=True, slots=True)
class FindBookings:
    queries: Queries

    def __call__(
        self,
        wanted: BookingFilter,
        *,
        order: BookingOrder = BookingOrder.ARRIVAL_ASC,
        first: int = 50,
        after: str | None = None,
        inspect: Inspect = read_everything,
    ) -> ResultPage[Booking]:
        """Raises InvalidRequest (`first`), BadCursor for a cursor of another query or hotel, and
        what `inspect` does."""
        return find_page(
            lambda position: self.queries.bookings(
                wanted, order=order, limit=first, after=position, inspect=inspect
            ),
            query=f"bookings {order} {_filter_text(wanted)}",
            first=first,
            after=after,
        )


@dataclass(frozen=True, slots=True)
class FindGuests:
    queries: Queries

    def __call__(
        self,
        wanted: GuestFilter,
        *,
        first: int = 50,
        after: str | None = None,
        inspect: Inspect = read_everything,
    ) -> ResultPage[Guest]:
        """Raises InvalidRequest (`first`), BadCursor, and what `inspect` does."""
        return find_page(
            lambda position: self.queries.guests(
                wanted, limit=first, after=position, inspect=inspect
            ),
            query=f"guests {_filter_text(wanted)}",
            first=first,
            after=after,
        )


@dataclass(frozen=True, slots=True)
class FindAvailability:
    queries: Queries

    def __call__(
        self, wanted: AvailabilityFilter, *, limit: int = MAX_CELLS + 1
    ) -> Sequence[ListedCell]:
        """Up to `limit` cells. Raises InvalidRequest for an empty or reversed range, one over 400
        days, or more than 10,000 cells."""
        days = (wanted.end - wanted.start).days
        if not 0 < days <= MAX_DAYS:
            raise InvalidRequest(f"to: must be 1 to {MAX_DAYS} days after from", field="to")
        found = self.queries.availability(wanted, limit=min(limit, MAX_CELLS + 1))
        if len(found) > MAX_CELLS:
            message = f"to: more than {MAX_CELLS:,} cells; request fewer days or room types"
            raise InvalidRequest(message, field="to")
        return found


def _filter_text(wanted: BookingFilter | GuestFilter) -> str:
    """Equal filters have equal texts; sets are sorted."""
    values = {f.name: getattr(wanted, f.name) for f in fields(wanted)}
    return repr([(k, sorted(v) if isinstance(v, frozenset) else v) for k, v in values.items()])
