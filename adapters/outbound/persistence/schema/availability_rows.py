"""An availability cell as a row."""

import json
from collections.abc import Sequence
from datetime import date

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    optional_money,
)
from adapters.outbound.persistence.schema.provenance_rows import provenance_of, provenance_row
from domain.availability import AvailabilityCell, CellDetails
from domain.snapshots import RoomCount
from domain.values import HotelId


def cell_row(cell: AvailabilityCell) -> Row:
    """In the order of AvailabilityRow's columns."""
    held = cell.details
    rate = held.lowest_rate
    return (
        cell.hotel_id.hex,
        cell.provider,
        cell.room_type_id,
        cell.day.isoformat(),
        held.total,
        held.available,
        held.occupied,
        held.blocked,
        rate.minor if rate else None,
        rate.currency if rate else None,
        held.closed,
        held.closed_to_arrival,
        held.closed_to_departure,
        held.min_stay,
        held.max_stay,
        *provenance_row(cell),
        _format_rooms(held.counted_rooms),
    )


def cell_of(row: Row, hotel_id: HotelId) -> AvailabilityCell:
    """From all of AvailabilityRow's columns."""
    return AvailabilityCell(
        hotel_id=hotel_id,
        provider=row[1],
        room_type_id=row[2],
        day=date.fromisoformat(row[3]),
        details=CellDetails(
            total=row[4],
            available=row[5],
            occupied=row[6],
            blocked=row[7],
            lowest_rate=optional_money(row[8], row[9]),
            closed=_optional_bool(row[10]),
            closed_to_arrival=_optional_bool(row[11]),
            closed_to_departure=_optional_bool(row[12]),
            min_stay=row[13],
            max_stay=row[14],
            counted_rooms=_parse_rooms(row[23]),
        ),
        provenance=provenance_of(row[15:21]),
        synced_at=instant_from_micros(row[21]),
        revision=row[22],
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


def _optional_bool(value: int | None) -> bool | None:
    return None if value is None else bool(value)
