"""Entries of a pushed payload: an API response, one reservation, or an array of reservations."""

from collections.abc import Sequence

from adapters.outbound.provider_kit.parsing.json_fields import list_at
from adapters.outbound.provider_kit.parsing.json_messages import (
    has_list,
    split_array,
    split_bodies,
    split_listed,
)
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.list_counts import require_listed
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.apaleo.mapping.parsing import COUNT_PATHS, ApaleoMapper
from domain.messages import ItemKind
from ports.errors import UnreadableMessage


def split_entries(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[JsonEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    split = _split_reservations if kind is ItemKind.BOOKING else _split_availability
    return split_bodies(bodies, split, limit=limit, property_paths=ApaleoMapper.property_paths)


def _split_reservations(value: Json) -> list[JsonEntry]:
    """A BookingModel's reservations are split as well; the mapper rejects each."""
    expected = "neither a reservation nor a list of them"
    item_keys = ("bookingId", "arrival", "modified")
    return split_listed(value, "reservations", item_keys, expected, count_paths=COUNT_PATHS)


def _split_availability(value: Json) -> list[JsonEntry]:
    if isinstance(value, list) and any(map(has_time_slices, value)):
        return split_array(value, has_time_slices, _split_availability)
    if has_time_slices(value):
        require_listed(list_at(value, "timeSlices"), [value], COUNT_PATHS, "timeSlices")
        return [JsonEntry("", value)]
    raise UnreadableMessage("no time slices of unit groups", path="timeSlices")


def has_time_slices(value: Json) -> bool:
    return has_list(value, "timeSlices")
