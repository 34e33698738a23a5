"""A booking filter as SQL. Every part only ever narrows; the parts join with AND."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    email_search_key,
    micros_from_instant,
    search_key,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import BOOKINGS
from adapters.outbound.persistence.stores.bookings import OVERLAP, overlap_parameters
from domain.errors import InvalidField
from ports.queries import BookingFilter, BookingOrder

_BY_SYNCED = (BookingOrder.UPDATED_ASC, BookingOrder.UPDATED_DESC)
_DESCENDING = (BookingOrder.ARRIVAL_DESC, BookingOrder.UPDATED_DESC)
_ID_AT: Final = BOOKINGS.columns.index("id")


@dataclass(slots=True)
class Conditions:
    parts: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def require(self, part: str, *parameters: Any) -> None:
        self.parts.append(part)
        self.parameters += parameters

    def __str__(self) -> str:
        return " AND ".join(self.parts)


def search_bookings(
    session: Session,
    booking_filter: BookingFilter,
    order: BookingOrder,
    *,
    limit: int,
    after: tuple[str, str] | None,
) -> list[Row]:
    """One row more than `limit`, if there is one."""
    where = _conditions(session, booking_filter)
    column, descending = _column(order), order in _DESCENDING
    if after is not None:
        where.require(
            f"({column}, id) {'<' if descending else '>'} (%s, %s)", *_parse_position(order, after)
        )
    direction = "DESC" if descending else "ASC"
    return session.rows(
        f"SELECT {BOOKINGS.column_list} FROM bookings WHERE {where} "  # noqa: S608
        f"ORDER BY {column} {direction}, id {direction} LIMIT %s",
        (*where.parameters, limit + 1),
    )


def cursor_position(row: Row, order: BookingOrder) -> tuple[str, str]:
    return str(row[BOOKINGS.columns.index(_column(order))]), UUID(row[_ID_AT]).hex


def _column(order: BookingOrder) -> str:
    return "synced_at" if order in _BY_SYNCED else "arrival"


def _parse_position(order: BookingOrder, after: tuple[str, str]) -> tuple[str | int, str]:
    """Checked, since a position travels through the caller's hands."""
    try:
        key, booking_id = after
        sort_value = int(key) if order in _BY_SYNCED else date.fromisoformat(key).isoformat()
        return sort_value, UUID(booking_id).hex
    except ValueError as error:
        raise InvalidField("after", "send a position as it was given", code="bad_cursor") from error


def _conditions(session: Session, booking_filter: BookingFilter) -> Conditions:
    where = Conditions()
    where.require("hotel_id = %s", booking_filter.hotel_id.hex)
    if not booking_filter.include_deleted:
        where.require("deleted_at_source IS NULL")
    if booking_filter.statuses:
        statuses = sorted(map(str, booking_filter.statuses))
        where.require(session.in_condition("status", "text"), session.in_parameter(statuses))
    if booking_filter.stay is not None:
        where.require(OVERLAP, *overlap_parameters(booking_filter.stay))
    for column, value in _equality_conditions(booking_filter):
        where.require(f"{column} = %s", value)
    if booking_filter.updated_since is not None:
        where.require("synced_at >= %s", micros_from_instant(booking_filter.updated_since))
    if booking_filter.guest_email is not None:
        _require_email(session, booking_filter, where)
    return where


def _equality_conditions(booking_filter: BookingFilter) -> Sequence[tuple[str, str]]:
    equal = (
        ("provider", booking_filter.provider),
        ("arrival", booking_filter.arrival.isoformat() if booking_filter.arrival else None),
        ("departure", booking_filter.departure.isoformat() if booking_filter.departure else None),
        ("confirmation_number", search_key(booking_filter.confirmation_number)),
    )
    return [(column, value) for column, value in equal if value is not None]


def _require_email(session: Session, booking_filter: BookingFilter, where: Conditions) -> None:
    """The booking's own contact details or its guest's. The guests are looked up first: a join
    under OR would read all of the hotel's bookings."""
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
