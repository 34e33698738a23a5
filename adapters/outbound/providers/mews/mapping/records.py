"""Resource categories, resources and rates to the records that bookings refer to.

Source: resourcecategories.md, resources.md, rates.md. Inactive ones are kept: old bookings refer to
them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.mews.mapping.messages import MewsMessages
from adapters.outbound.providers.mews.mapping.orphan_errors import OrphanErrors
from adapters.outbound.providers.mews.mapping.parsing import MewsReader
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord

T = TypeVar("T")
LANGUAGE = "en-US"


def map_records(
    messages: MewsMessages, orphan_errors: OrphanErrors, *, language: str = LANGUAGE
) -> HotelRecords:
    """An unreadable record does not affect the others, nor the bookings that refer to it."""

    def read(key: str, one: Callable[[MewsReader], T]) -> list[T]:
        return [record for _, record in orphan_errors.readable(messages.of(key), one)]

    types_of = _room_types_of(messages.of("ResourceCategoryAssignments"), orphan_errors)
    return HotelRecords(
        room_types=read("ResourceCategories", lambda r: _room_type(r, language)),
        rooms=read("Resources", lambda r: _room(r, types_of)),
        rate_plans=read("Rates", lambda r: _rate_plan(r, language)),
    )


def _room_type(r: MewsReader, language: str) -> RoomTypeRecord:
    capacity = r.optional_integer("Capacity")
    extra = r.optional_integer("ExtraCapacity")
    return RoomTypeRecord(
        external_id=r.text("Id"),
        name=_localized(r.optional_object("Names"), language) or r.text("Id"),
        description=_localized(r.optional_object("Descriptions"), language),
        max_occupancy=None if capacity is None else capacity + (extra or 0),
    )


def _room(r: MewsReader, types_of: Mapping[str, str]) -> RoomRecord:
    data = r.optional_object("Data")
    space = data.optional_object("Value") if data else None
    external_id = r.text("Id")
    return RoomRecord(
        external_id=external_id,
        number=r.text("Name"),
        floor=space.optional_text("FloorNumber") if space else None,
        room_type_id=types_of.get(external_id),
        status=r.optional_text("State"),
    )


def _rate_plan(r: MewsReader, language: str) -> RatePlanRecord:
    name = _localized(r.optional_object("Names"), language) or r.optional_text("Name")
    external_id = r.text("Id")
    return RatePlanRecord(external_id=external_id, name=name or external_id)


def _room_types_of(assignments: Iterable[JsonEntry], orphan_errors: OrphanErrors) -> dict[str, str]:
    pairs = orphan_errors.readable(assignments, _active_assignment)
    return {room: category for _, (room, category) in pairs if room}


def _active_assignment(r: MewsReader) -> tuple[str, str]:
    active = r.optional_boolean("IsActive") is not False
    return (r.text("ResourceId") if active else "", r.text("CategoryId"))


def _localized(texts: MewsReader | None, language: str) -> str | None:
    """The text in the given language, else in English, else the first."""
    if texts is None:
        return None
    keys = list(texts.keys())
    same = [key for key in keys if key.split("-")[0] == language.split("-")[0]]
    english = [key for key in keys if key.startswith("en")]
    for key in (language, *same, *english, *keys):
        if text := texts.optional_text(key):
            return text
    return None
