"""A booking filter as SQL. Every part only ever narrows; the parts join with AND."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.bookings import OVERLAP, overlap_of
from adapters.outbound.persistence.rows import Row
from adapters.outbound.persistence.session import Session
from adapters.outbound.persistence.tables import BOOKINGS
from adapters.outbound.persistence.values import micros_of, searchable, searchable_email
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


def search(
    session: Session,
    wanted: BookingFilter,
    order: BookingOrder,
    *,
    limit: int,
    after: tuple[str, str] | None,
) -> list[Row]:
    """One row more than `limit`, if there is one."""
    where = _conditions(session, wanted)
    column, descending = _column(order), order in _DESCENDING
    if after is not None:
        where.require(
            f"({column}, id) {'<' if descending else '>'} (%s, %s)", *_place(order, after)
        )
    way = "DESC" if descending else "ASC"
    return session.rows(
        f"SELECT {BOOKINGS.listed} FROM bookings WHERE {where} "  # noqa: S608
        f"ORDER BY {column} {way}, id {way} LIMIT %s",
        (*where.parameters, limit + 1),
    )


def position_of(row: Row, order: BookingOrder) -> tuple[str, str]:
    return str(row[BOOKINGS.columns.index(_column(order))]), UUID(row[_ID_AT]).hex


def _column(order: BookingOrder) -> str:
    return "synced_at" if order in _BY_SYNCED else "arrival"


def _place(order: BookingOrder, after: tuple[str, str]) -> tuple[str | int, str]:
    """Checked, since a position travels through the caller's hands."""
    try:
        key, booking_id = after
        place = int(key) if order in _BY_SYNCED else date.fromisoformat(key).isoformat()
        return place, UUID(booking_id).hex
    except ValueError as error:
        raise InvalidField("after", "send a position as it was given", code="bad_cursor") from error


def _conditions(session: Session, wanted: BookingFilter) -> Conditions:
    where = Conditions()
    where.require("hotel_id = %s", wanted.hotel_id.hex)
    if not wanted.include_deleted:
        where.require("deleted_at_source IS NULL")
    if wanted.statuses:
        statuses = sorted(map(str, wanted.statuses))
        where.require(session.among("status", "text"), session.listing(statuses))
    if wanted.stay is not None:
        where.require(OVERLAP, *overlap_of(wanted.stay))
    for column, value in _equal(wanted):
        where.require(f"{column} = %s", value)
    if wanted.updated_since is not None:
        where.require("synced_at >= %s", micros_of(wanted.updated_since))
    if wanted.guest_email is not None:
        _require_email(session, wanted, where)
    return where


def _equal(wanted: BookingFilter) -> Sequence[tuple[str, str]]:
    equal = (
        ("provider", wanted.provider),
        ("arrival", wanted.arrival.isoformat() if wanted.arrival else None),
        ("departure", wanted.departure.isoformat() if wanted.departure else None),
        ("confirmation_number", searchable(wanted.confirmation_number)),
    )
    return [(column, value) for column, value in equal if value is not None]


def _require_email(session: Session, wanted: BookingFilter, where: Conditions) -> None:
    """The booking's own contact details or its guest's. The guests are looked up first: a join
    under OR would read all of the hotel's bookings."""
    email = searchable_email(wanted.guest_email)
    guests = session.rows(
        "SELECT provider, external_id FROM guests WHERE hotel_id = %s AND email = %s",
        (wanted.hotel_id.hex, email),
    )
    either = Conditions()
    either.require("guest_email = %s", email)
    for provider in sorted({row[0] for row in guests}):
        ids = session.listing([row[1] for row in guests if row[0] == provider])
        either.require(f"(provider = %s AND {session.among('guest_id', 'text')})", provider, ids)
    where.require(f"({' OR '.join(either.parts)})", *either.parameters)
