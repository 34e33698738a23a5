"""A booking filter as SQL.

Each list is a merge of branches, one per provider, status and length of stay: within a branch, an
index holds all that its rows are filtered and ordered by.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    email_search_key,
    micros_from_instant,
    search_key,
)
from adapters.outbound.persistence.engine.conditions import Conditions
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.queries.contents import columns_without_content
from adapters.outbound.persistence.queries.positions import (
    invalid_position,
    parse_position_id,
    parse_position_micros,
)
from adapters.outbound.persistence.schema.tables import BOOKINGS
from adapters.outbound.persistence.stores.stay_bounds import StayBounds, StaySpan
from domain.status import IN_HOUSE_STATUSES
from ports.queries import BookingFilter, BookingOrder

_BY_SYNCED = (BookingOrder.UPDATED_ASC, BookingOrder.UPDATED_DESC)
_DESCENDING = (BookingOrder.ARRIVAL_DESC, BookingOrder.UPDATED_DESC)

_STATUS_BESIDE_INDEX: Final = "(status || '')"
"""Checked in the rows that another index finds; that of the status has all stays of years."""

_PROVIDERS_SQL: Final = """
    WITH RECURSIVE found (provider) AS (
        SELECT MIN(provider) FROM bookings WHERE hotel_id = %s
        UNION ALL
        SELECT (SELECT MIN(b.provider) FROM bookings b
            WHERE b.hotel_id = %s AND b.provider > found.provider)
        FROM found WHERE found.provider IS NOT NULL)
    SELECT provider FROM found WHERE provider IS NOT NULL
"""
"""Reads one entry of the primary key per provider."""


def search_bookings(
    session: Session,
    booking_filter: BookingFilter,
    order: BookingOrder,
    *,
    limit: int,
    after: tuple[str, str] | None,
) -> list[Row]:
    """Up to one row more than `limit`, without contents."""
    where = _conditions(session, booking_filter)
    column = _column(order)
    direction, comparison = ("DESC", "<") if order in _DESCENDING else ("ASC", ">")
    if after is not None:
        where.require(f"({column}, id) {comparison} (%s, %s)", *_parse_position(order, after))
    ordered = f"ORDER BY {column} {direction}, id {direction} LIMIT %s"
    return _merge_branches(session, list(_branches(session, booking_filter, where)), ordered, limit)


def _merge_branches(
    session: Session, branches: Sequence[Conditions], ordered: str, limit: int
) -> list[Row]:
    columns = columns_without_content(session, BOOKINGS)
    statements = [
        f"SELECT {columns} FROM bookings WHERE {branch} {ordered}"  # noqa: S608
        for branch in branches
    ]
    parameters = [each for branch in branches for each in (*branch.parameters, limit + 1)]
    if len(statements) > 1:
        union = " UNION ALL ".join(f"SELECT * FROM ({each}) branch" for each in statements)  # noqa: S608
        statements = [f"SELECT * FROM ({union}) found {ordered}"]  # noqa: S608
        parameters.append(limit + 1)
    return session.search(statements[0], parameters) if statements else []


def cursor_position(record: Any, order: BookingOrder) -> tuple[str, str]:
    return str(getattr(record, _column(order))), UUID(record.id).hex


def _column(order: BookingOrder) -> str:
    return "synced_at" if order in _BY_SYNCED else "arrival"


def _parse_position(order: BookingOrder, after: tuple[str, str]) -> tuple[str | int, str]:
    """Positions come back from callers. Raises InvalidField."""
    key, booking_id = after
    sort_value = parse_position_micros(key) if order in _BY_SYNCED else _parse_day(key)
    return sort_value, parse_position_id(booking_id)


def _parse_day(key: str) -> str:
    try:
        return date.fromisoformat(key).isoformat()
    except ValueError as error:
        raise invalid_position() from error


def _conditions(session: Session, wanted: BookingFilter) -> Conditions:
    """Those of all branches."""
    where = Conditions()
    where.require("hotel_id = %s", wanted.hotel_id.hex)
    if not wanted.include_deleted:
        where.require("deleted_at_source IS NULL")
    if wanted.in_house_on is not None:
        where.require_one_of(
            session, _STATUS_BESIDE_INDEX, "text", [str(each) for each in IN_HOUSE_STATUSES]
        )
    where.require_equal("confirmation_number", search_key(wanted.confirmation_number))
    if wanted.updated_since is not None:
        where.require("synced_at >= %s", micros_from_instant(wanted.updated_since))
    if wanted.guest_email is not None:
        _require_email(session, wanted, where)
    return where


def _branches(session: Session, wanted: BookingFilter, where: Conditions) -> Iterator[Conditions]:
    bounds, statuses = _stay_bounds(wanted), [str(status) for status in wanted.statuses]
    if wanted.guest_email is not None or wanted.confirmation_number is not None:
        # Few bookings have them, and they have indexes of their own.
        branch = where.joined(bounds.whole())
        branch.require_equal("provider", wanted.provider)
        branch.require_one_of(session, "status", "text", statuses)
        yield branch
        return
    for provider in _providers(session, wanted):
        for span in bounds.spans(session):
            branch = where.joined(span.where)
            branch.require("provider = %s", provider)
            yield from _branches_by_status(session, branch, span, statuses)


def _branches_by_status(
    session: Session, branch: Conditions, span: StaySpan, statuses: Sequence[str]
) -> Iterator[Conditions]:
    if span.is_long or not statuses:
        branch.require_one_of(session, _STATUS_BESIDE_INDEX, "text", statuses)
        yield branch
        return
    for status in sorted(statuses):
        of_status = Conditions()
        of_status.require("status = %s", status)
        yield branch.joined(of_status)


def _stay_bounds(wanted: BookingFilter) -> StayBounds:
    bounds = StayBounds()
    bounds.arrive(wanted.arrival)
    bounds.arrive(wanted.arrival_range)
    bounds.depart(wanted.departure)
    bounds.depart(wanted.departure_range)
    bounds.overlap(wanted.stay)
    bounds.overlap(wanted.in_house_on)
    return bounds


def _providers(session: Session, wanted: BookingFilter) -> Sequence[str]:
    if wanted.provider is not None:
        return [wanted.provider]
    hotel_id = wanted.hotel_id.hex
    return [provider for (provider,) in session.rows(_PROVIDERS_SQL, (hotel_id, hotel_id))]


def _require_email(session: Session, booking_filter: BookingFilter, where: Conditions) -> None:
    """The e-mail of the booking's contact or of its guest. The guests are looked up first: a join
    under OR would read all bookings of the hotel."""
    email = email_search_key(booking_filter.guest_email)
    guests = session.rows(
        "SELECT provider, external_id FROM guests WHERE hotel_id = %s AND email = %s",
        (booking_filter.hotel_id.hex, email),
    )
    email_conditions = Conditions()
    email_conditions.require("guest_email = %s", email)
    for provider in sorted({row[0] for row in guests}):
        ids = session.in_parameter([row[1] for row in guests if row[0] == provider])
        email_conditions.require(
            f"(provider = %s AND {session.in_condition('guest_id', 'text')})", provider, ids
        )
    where.require(f"({' OR '.join(email_conditions.parts)})", *email_conditions.parameters)
