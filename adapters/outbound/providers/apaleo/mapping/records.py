"""Unit groups and units (Inventory v1) to room types and rooms. Rate plans need scopes that these
credentials do not have: only bookings refer to them."""

from collections.abc import Iterable

from adapters.outbound.provider_kit.parsing.errors import parsing_answer
from adapters.outbound.provider_kit.parsing.json_messages import read_each
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.snapshots import HotelRecords, RoomRecord, RoomTypeRecord


def map_records(unit_groups: Iterable[Json], units: Iterable[Json]) -> HotelRecords:
    """Raises UnreadableAnswer."""
    with parsing_answer():
        return HotelRecords(
            room_types=read_each("unitGroups", unit_groups, _room_type),
            rooms=read_each("units", units, _room),
        )


def _room_type(r: Reader) -> RoomTypeRecord:
    return RoomTypeRecord(
        external_id=r.text("id"),
        name=r.text("name"),
        description=r.optional_text("description"),
        max_occupancy=r.optional_integer("maxPersons"),
    )


def _room(r: Reader) -> RoomRecord:
    """`status`: the housekeeping condition."""
    group, status = r.optional_object("unitGroup"), r.optional_object("status")
    return RoomRecord(
        external_id=r.text("id"),
        number=r.text("name"),
        room_type_id=group.text("id") if group else None,
        status=status.optional_text("condition") if status else None,
    )
