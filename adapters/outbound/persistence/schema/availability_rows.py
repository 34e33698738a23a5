"""An availability cell as a row."""

import json
from collections.abc import Sequence
from datetime import date

from adapters.outbound.persistence.engine.column_values import (
    Row,
    money_columns,
    optional_bool,
    optional_money,
    shared_instant,
)
from adapters.outbound.persistence.schema.provenance_rows import provenance_of, provenance_row
from adapters.outbound.persistence.schema.tables import AVAILABILITY
from domain.availability import AvailabilityCell, CellDetails
from domain.snapshots import RoomCount
from domain.values import HotelId


def cell_row(cell: AvailabilityCell) -> Row:
    """In the order of AVAILABILITY's columns."""
    details = cell.details
    return (
        *provenance_row(cell),
        cell.hotel_id.hex,
        cell.provider,
        cell.room_type_id,
        cell.day.isoformat(),
        details.total,
        details.available,
        details.occupied,
        details.blocked,
        *money_columns(details.lowest_rate),
        details.closed,
        details.closed_to_arrival,
        details.closed_to_departure,
        details.min_stay,
        details.max_stay,
        _format_rooms(details.counted_rooms),
    )


def cell_of(row: Row, hotel_id: HotelId) -> AvailabilityCell:
    """From all of AVAILABILITY's columns."""
    record = AVAILABILITY.record(row)
    return AvailabilityCell(
        hotel_id=hotel_id,
        provider=record.provider,
        room_type_id=record.room_type_id,
        day=date.fromisoformat(record.day),
        details=CellDetails(
            total=record.total,
            available=record.available,
            occupied=record.occupied,
            blocked=record.blocked,
            lowest_rate=optional_money(record.lowest_rate_minor, record.lowest_rate_currency),
            closed=optional_bool(record.closed),
            closed_to_arrival=optional_bool(record.closed_to_arrival),
            closed_to_departure=optional_bool(record.closed_to_departure),
            min_stay=record.min_stay,
            max_stay=record.max_stay,
            counted_rooms=_parse_rooms(record.counted_rooms),
        ),
        provenance=provenance_of(record),
        synced_at=shared_instant(record.synced_at),
        revision=record.revision,
    )


def _format_rooms(rooms: Sequence[RoomCount]) -> str | None:
    """JSON: {room: [available, blocked]}."""
    counts_by_room = {room.room_id: [room.available, room.blocked] for room in rooms}
    return json.dumps(counts_by_room) if counts_by_room else None


def _parse_rooms(text: str | None) -> tuple[RoomCount, ...]:
    counts: dict[str, list[int]] = json.loads(text) if text else {}
    return tuple(
        RoomCount(room_id=room_id, available=available, blocked=blocked)
        for room_id, (available, blocked) in counts.items()
    )
