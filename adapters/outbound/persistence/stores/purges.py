"""Deletes what each of some hotels no longer keeps, in one statement."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import Row, json_row, json_text
from adapters.outbound.persistence.engine.session import Session
from domain.values import HotelId


def purge_before(
    session: Session,
    table: str,
    column: str,
    limits: Mapping[HotelId, datetime],
    *,
    each: int,
    condition: str = "true",
) -> Mapping[HotelId, int]:
    """Deletes rows of `table` whose `column` is before their hotel's limit, the oldest first, up to
    `each` of a hotel; an index must begin with both. `condition`: of rows `m`. Returns how many of
    each."""
    if not limits:
        return {}
    old = (
        f"FROM {table} m WHERE m.hotel_id = given.hotel_id AND m.{column} < given.{column} "
        f"AND {condition} ORDER BY m.{column} LIMIT %s"
    )
    found = session.rows(
        f"DELETE FROM {table} "  # noqa: S608  # of the schema
        f"WHERE {session.among_each(table, ('hotel_id', column), old)} RETURNING hotel_id",
        (json_text([json_row({"hotel_id": h, column: at}) for h, at in limits.items()]), each),
    )
    return Counter(UUID(hotel_id) for (hotel_id,) in found)


# An index has a provider's bookings by arrival. Of those that arrived before the day, few depart
# later. Only connections name the providers of a hotel without reading its bookings.
_DEPARTED = """
    FROM bookings m
    WHERE m.hotel_id = given.hotel_id AND m.provider = given.provider
        AND m.arrival < given.departure AND m.departure < given.departure
    ORDER BY m.arrival LIMIT %s
"""
_OF_BOOKING = """
    FROM status_history m
    WHERE m.hotel_id = given.hotel_id AND m.booking_id = given.booking_id
"""


def purge_bookings(
    session: Session, limits: Mapping[HotelId, datetime], *, each: int
) -> Mapping[HotelId, int]:
    """With their history; see BookingStore.purge."""
    if not limits:
        return {}
    given = [
        {
            "hotel_id": hotel_id,
            "provider": provider,
            "departure": str(limits[UUID(hotel_id)].date()),
        }
        for hotel_id, provider in _providers(session, limits)
    ]
    departed = session.among_each(
        "bookings",
        ("hotel_id", "provider", "departure"),
        f"{_DEPARTED} {session.for_update_skip_locked}",
    )
    purged = session.rows(
        f"DELETE FROM bookings WHERE {departed} RETURNING hotel_id, id",  # noqa: S608  # constant
        (json_text(given), each),
    )
    if purged:
        _delete_history(session, purged)
    return Counter(UUID(hotel_id) for hotel_id, _ in purged)


def _providers(session: Session, hotel_ids: Collection[HotelId]) -> list[Row]:
    return session.rows(
        "SELECT DISTINCT hotel_id, provider FROM connections "  # noqa: S608  # constant
        f"WHERE {session.in_condition('hotel_id', 'uuid')}",
        (session.in_parameter([each.hex for each in hotel_ids]),),
    )


def _delete_history(session: Session, bookings: Sequence[Row]) -> None:
    """`bookings`: hotel and id."""
    of_bookings = session.among_each("status_history", ("hotel_id", "booking_id"), _OF_BOOKING)
    session.run(
        f"DELETE FROM status_history WHERE {of_bookings}",  # noqa: S608  # constant
        (json_text([{"hotel_id": hotel, "booking_id": booking} for hotel, booking in bookings]),),
    )
