"""Deletes what each of some hotels no longer keeps, in one statement."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import json_row, json_text
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
