"""Rows of bookings and guests without their content, which is read in a second statement where the
caller selects it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import Row
from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.engine.tables import Table
from domain.values import HotelId
from ports.queries import ContentSize, Inspect, Part

_EMPTY_CONTENT: Final = {"document": "'{}'", "sealed_document_number": "NULL"}
_COUNTS: Final = {
    "rooms": "room_count",
    "nightly_prices": "price_count",
    "occupancy": "occupancy_count",
    "further_guests": "party_count",
    "extras": "extra_count",
}
_MIN_ELEMENT_BYTES: Final = 15
"""Of a list's element in a document: `["ADULT",2,null,null]`, `["path","1"]`."""


def columns_without_content(session: Session, table: Table) -> str:
    """All columns of the table, and the bytes of its document."""
    columns = [_EMPTY_CONTENT.get(column, column) for column in table.columns]
    length = session.byte_length("document")
    counted = f"CASE WHEN size_revision = revision THEN document_bytes ELSE {length} END"
    return ", ".join([*columns, counted])


def read_contents(
    pool: Pool, table: Table, hotel_id: HotelId, found: Sequence[Row], inspect: Inspect
) -> Sequence[Any]:
    """Records of the table, from rows of `columns_without_content`. Raises what `inspect` does."""
    records = [table.record(row[:-1]) for row in found]
    sizes = [_size_of(record, row[-1]) for record, row in zip(records, found, strict=True)]
    parts = inspect(sizes)
    if not records or Part.CONTENT not in parts:
        return records
    with pool.reading() as session:
        contents = _load_contents(session, table, hotel_id, records, parts)
    # A row may be deleted between the two statements.
    return [each._replace(**contents[each.id]) for each in records if each.id in contents]


def _load_contents(
    session: Session, table: Table, hotel_id: HotelId, records: Sequence[Any], parts: Part
) -> Mapping[str, Mapping[str, Any]]:
    """By id."""
    columns = ["document"]
    if Part.IDENTITY in parts and "sealed_document_number" in table.columns:
        columns.append("sealed_document_number")
    found = session.rows(
        f"SELECT id, {', '.join(columns)} FROM {table.name} "  # noqa: S608  # constants
        f"WHERE hotel_id = %s AND {session.in_condition('id', 'uuid')}",
        (hotel_id.hex, session.in_parameter([UUID(each.id).hex for each in records])),
    )
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in found}


def _size_of(record: Any, document_bytes: int) -> ContentSize:
    if record.size_revision == record.revision:
        counts = {name: getattr(record, column, 0) for name, column in _COUNTS.items()}
    else:
        counts = dict.fromkeys(_COUNTS, document_bytes // _MIN_ELEMENT_BYTES)
    return ContentSize(external_id=record.external_id, **counts, document_bytes=document_bytes)
