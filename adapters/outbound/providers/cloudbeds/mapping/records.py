"""Room types, rooms and rates to hotel records."""

from collections.abc import Iterable

from adapters.outbound.provider_kit.parsing.errors import parsing_answer
from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.json_messages import read_each
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord


def map_records(
    room_types: Iterable[Json], rooms: Iterable[Json], rates: Iterable[Json]
) -> HotelRecords:
    """Raises UnreadableAnswer."""
    with parsing_answer():
        plans = read_each("data", rates, _rate_plan)
        return HotelRecords(
            room_types=read_each("data", room_types, _room_type),
            rooms=read_each("rooms", rooms, _room),
            rate_plans=list({plan.external_id: plan for plan in plans}.values()),
        )


def _room_type(r: Reader) -> RoomTypeRecord:
    return RoomTypeRecord(
        external_id=r.required("roomTypeID", as_id),
        name=r.text("roomTypeName"),
        description=r.optional_text("roomTypeDescription"),
        max_occupancy=r.optional_integer("maxGuests", lenient=True),
    )


def _room(r: Reader) -> RoomRecord:
    """`roomBlocked` is today's state; beds of a dormitory are rooms."""
    blocked = r.optional_boolean("roomBlocked", lenient=True)
    return RoomRecord(
        external_id=r.required("roomID", as_id),
        number=r.text("roomName"),
        room_type_id=r.optional("roomTypeID", as_id),
        status=None if blocked is None else ("blocked" if blocked else "free"),
    )


def _rate_plan(r: Reader) -> RatePlanRecord:
    """Bookings refer to a rate by `rateID`; a base rate has no plan and no name."""
    rate_id = r.required("rateID", as_id)
    private = r.optional_text("ratePlanNamePrivate")
    name = r.optional_text("ratePlanNamePublic") or private or rate_id
    return RatePlanRecord(external_id=rate_id, name=name)
