"""A booking filter as SQL."""

from datetime import date
from typing import Any
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
from adapters.outbound.persistence.queries.positions import invalid_position, parse_position_id
from adapters.outbound.persistence.schema.tables import BOOKINGS
from adapters.outbound.persistence.stores.bookings import OVERLAP, overlap_parameters
from ports.queries import BookingFilter, BookingOrder

_BY_SYNCED = (BookingOrder.UPDATED_ASC, BookingOrder.UPDATED_DESC)
_DESCENDING = (BookingOrder.ARRIVAL_DESC, BookingOrder.UPDATED_DESC)


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
    return session.rows(
        f"SELECT {columns_without_content(session, BOOKINGS)} FROM bookings WHERE {where} "  # noqa: S608
        f"ORDER BY {column} {direction}, id {direction} LIMIT %s",
        (*where.parameters, limit + 1),
    )


def cursor_position(record: Any, order: BookingOrder) -> tuple[str, str]:
    return str(getattr(record, _column(order))), UUID(record.id).hex


def _column(order: BookingOrder) -> str:
    return "synced_at" if order in _BY_SYNCED else "arrival"


def _parse_position(order: BookingOrder, after: tuple[str, str]) -> tuple[str | int, str]:
    """Positions come back from callers. Raises InvalidField."""
    try:
        key, booking_id = after
        sort_value = _parse_micros(key) if order in _BY_SYNCED else _parse_day(key)
    except ValueError as error:
        raise invalid_position() from error
    return sort_value, parse_position_id(booking_id)


def _parse_micros(key: str) -> int:
    """Raises ValueError beyond a 64-bit column."""
    micros = int(key)
    if abs(micros) >= 2**63:
        raise ValueError(key)
    return micros


def _parse_day(key: str) -> str:
    return date.fromisoformat(key).isoformat()


def _conditions(session: Session, booking_filter: BookingFilter) -> Conditions:
    wanted, where = booking_filter, Conditions()
    where.require("hotel_id = %s", wanted.hotel_id.hex)
    if not wanted.include_deleted:
        where.require("deleted_at_source IS NULL")
    where.require_one_of(session, "status", "text", [str(status) for status in wanted.statuses])
    if wanted.stay is not None:
        where.require(OVERLAP, *overlap_parameters(wanted.stay))
    where.require_equal("provider", wanted.provider)
    where.require_equal("arrival", wanted.arrival and wanted.arrival.isoformat())
    where.require_equal("departure", wanted.departure and wanted.departure.isoformat())
    where.require_equal("confirmation_number", search_key(wanted.confirmation_number))
    if wanted.updated_since is not None:
        where.require("synced_at >= %s", micros_from_instant(wanted.updated_since))
    if wanted.guest_email is not None:
        _require_email(session, wanted, where)
    return where


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
