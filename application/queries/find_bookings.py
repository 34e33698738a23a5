"""Queries for partners and the assistant: checked filters, pages by opaque cursors."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Final, Generic, TypeVar

from application.errors import BadCursor, InvalidRequest, require_in_range
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.guest import Guest
from ports.queries import (
    AvailabilityFilter,
    BookingFilter,
    BookingOrder,
    ContentSize,
    GuestFilter,
    Inspect,
    Part,
    Queries,
    RecordsSize,
    Slice,
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
    "ResultPage",
]

MAX_FIRST: Final = 200
MAX_DAYS: Final = 400
MAX_CELLS: Final = 10_000

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[R]):
    """`cursors[i]` continues after `rows[i]`."""

    rows: Sequence[R]
    cursors: Sequence[str]
    has_next: bool


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
        return _page(
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
        return _page(
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
    ) -> Sequence[AvailabilityCell]:
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


def _page(
    query_slice: Callable[[tuple[str, str] | None], Slice[R]],
    *,
    query: str,
    first: int,
    after: str | None,
) -> ResultPage[R]:
    require_in_range("first", first, 1, MAX_FIRST)
    query_hash = hashlib.sha256(query.encode()).hexdigest()[:16]
    found = query_slice(_position(after, query_hash) if after is not None else None)
    return ResultPage(found.rows, [_cursor(p, query_hash) for p in found.positions], found.more)


def _filter_text(wanted: BookingFilter | GuestFilter) -> str:
    """Equal filters have equal texts; sets are sorted."""
    values = {f.name: getattr(wanted, f.name) for f in fields(wanted)}
    return repr([(k, sorted(v) if isinstance(v, frozenset) else v) for k, v in values.items()])


def _cursor(position: tuple[str, str], query_hash: str) -> str:
    text = json.dumps([query_hash, *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str, query_hash: str) -> tuple[str, str]:
    if len(cursor) > 1_000:
        raise BadCursor(field="after")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError) as error:
        raise BadCursor(field="after") from error
    match parts:
        case [str(theirs), str(key), str(row)] if theirs == query_hash:
            return key, row
    raise BadCursor(field="after")
