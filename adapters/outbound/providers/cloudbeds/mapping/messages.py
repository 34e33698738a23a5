"""Entries of a pushed payload, in each shape that Cloudbeds and its channel manager send.

An error response (`success` is false) and a list of ids are rejected. Fields around the items, e.g.
a channel's password, are not part of an entry and are not stored.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.enclosing_property import within_property
from adapters.outbound.provider_kit.parsing.json_fields import text_at, value_at
from adapters.outbound.provider_kit.parsing.json_messages import load_message, split_bodies
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.list_counts import require_listed
from adapters.outbound.provider_kit.parsing.mapping_report import join_path
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.cloudbeds.mapping.channel_availability import (
    is_inventory,
    is_room_list,
)
from adapters.outbound.providers.cloudbeds.mapping.channel_bookings import is_channel_booking
from adapters.outbound.providers.cloudbeds.mapping.guests import is_profile
from adapters.outbound.providers.cloudbeds.mapping.parsing import COUNT_PATHS, PROPERTY_PATHS
from domain.messages import ItemKind
from ports.errors import UnreadableMessage

_EMPTY_LISTS: Final[tuple[Json, ...]] = ([], {}, "", None)
_SINGLE_KEYS: Final = frozenset({"Booking", "booking_json"})
"""Of one item. An empty one is no empty list."""


class _MessageFormat(NamedTuple):
    """`list_keys`: of the items in a message. `identifying_keys`: two of them identify a bare item
    without an id, which the mapper then rejects; getGuest's response never has the id."""

    is_item: Callable[[dict[str, Json]], bool]
    list_keys: tuple[str, ...]
    identifying_keys: frozenset[str]
    expected: str

    def split(self, value: Json, path: str = "") -> list[JsonEntry]:
        """Raises UnreadableMessage."""
        if isinstance(value, list):
            items = [(f"{path}[{n}]", item) for n, item in enumerate(value)]
            return self._split_nested(items)
        if not isinstance(value, dict):
            raise UnreadableMessage(self.expected)
        if value.get("success") is False:
            raise UnreadableMessage("an error response: success is false", path="success")
        if self.is_item(value):
            return [JsonEntry(path, value)]
        key = next((key for key in self.list_keys if key in value), None)
        if key is not None:
            entries = self._split_at(key, value[key], join_path(path, key))
            require_listed(entries, [value], COUNT_PATHS, join_path(path, key))
            return entries
        if len(self.identifying_keys & value.keys()) > 1:
            return [JsonEntry(path, value)]
        raise UnreadableMessage(self.expected)

    def _split_at(self, key: str, value: Json, path: str) -> list[JsonEntry]:
        if key in _SINGLE_KEYS and value in _EMPTY_LISTS:
            return [JsonEntry(path, value)]
        return self._split_list(value, path)

    def _split_list(self, value: Json, path: str) -> list[JsonEntry]:
        """PHP encodes a list as a map by id, or an empty one as any empty value."""
        if value in _EMPTY_LISTS:
            return []
        if isinstance(value, dict) and not self._is_message(value) and _is_map(value):
            return self._split_nested([(f"{path}.{key}", item) for key, item in value.items()])
        return self.split(value, path)

    def _split_nested(self, items: Sequence[tuple[str, Json]]) -> list[JsonEntry]:
        return [entry for path, item in items for entry in self._split_item(path, item)]

    def _split_item(self, path: str, item: Json) -> list[JsonEntry]:
        """A value of unknown shape is one entry, which the mapper rejects."""
        if isinstance(item, dict) and not self.is_item(item) and self._is_message(item):
            try:
                return self.split(item, path)
            except UnreadableMessage:
                return [JsonEntry(path, item)]
        return [JsonEntry(path, item)]

    def _is_message(self, value: dict[str, Json]) -> bool:
        return self.is_item(value) or any(key in value for key in self.list_keys)


def _is_map(value: dict[str, Json]) -> bool:
    return all(key.isdecimal() and isinstance(item, dict) for key, item in value.items())


_ROOM_ARI: Final = "room_ari"
_FORMATS: Final = {
    ItemKind.BOOKING: _MessageFormat(
        is_item=lambda value: "reservationID" in value or is_channel_booking(value),
        list_keys=("data", "Bookings", "Booking", "booking_json"),
        identifying_keys=frozenset(
            {"status", "guestName", "guestList", "assigned", "unassigned", "rooms"}
        ),
        expected="neither a reservation, nor a channel's booking, nor a list of them",
    ),
    ItemKind.GUEST: _MessageFormat(
        is_item=lambda value: "guestID" in value or is_profile(value),
        list_keys=("data",),
        identifying_keys=frozenset(
            {"firstName", "lastName", "email", "guestFirstName", "guestLastName"}
        ),
        expected="neither a guest with its id, nor a profile, nor a list of them",
    ),
    ItemKind.AVAILABILITY: _MessageFormat(
        is_item=lambda value: is_room_list(value) or is_inventory(value) or "roomTypeID" in value,
        list_keys=("data", "propertyRooms", "Rooms", "Inventory"),
        identifying_keys=frozenset({"roomTypeName", "rateID", "roomRateDetailed"}),
        expected="neither rates by night nor a channel's availability",
    ),
}


def split_entries(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[JsonEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    is_availability = kind is ItemKind.AVAILABILITY
    split = _split_availability if is_availability else _FORMATS[kind].split
    return split_bodies(bodies, split, limit=limit, property_paths=PROPERTY_PATHS)


def _split_availability(value: Json) -> list[JsonEntry]:
    """Also the rows of GetARI's `room_ari`, by room and in the shape of ARIUpdate's."""
    rooms = value_at(value, _ROOM_ARI)
    if isinstance(value, dict) and isinstance(rooms, dict | list) and value.get("success", True):
        listed = list(_split_rooms(rooms, _ROOM_ARI, None)) if rooms else []
        require_listed(listed, [value], COUNT_PATHS, _ROOM_ARI)
        return within_property(listed, value, PROPERTY_PATHS)
    return _FORMATS[ItemKind.AVAILABILITY].split(value)


def _split_rooms(value: Json, path: str, room_id: Json) -> Iterator[JsonEntry]:
    """A row without a room of its own is of the room that it is listed under. A room without rows
    is an entry without a day, which is refused."""
    if isinstance(value, dict) and "start_date" in value:
        yield JsonEntry(path, {"ota_room_id": room_id, **value})
    elif isinstance(value, dict | list):
        own_id = value.get("ota_room_id", room_id) if isinstance(value, dict) else room_id
        nested = list(_nested_rooms(value, path, own_id))
        if not nested:
            yield JsonEntry(path, {"ota_room_id": own_id})
        for each in nested:
            yield from _split_rooms(*each)
    else:
        yield JsonEntry(path, value)


def _nested_rooms(
    value: dict[str, Json] | list[Json], path: str, room_id: Json
) -> Iterator[tuple[Json, str, Json]]:
    """The arguments of `_split_rooms` for what `value`, of the room `room_id`, contains. A key is a
    room's id."""
    if isinstance(value, list):
        for n, each in enumerate(value):
            yield each, f"{path}[{n}]", room_id
        return
    for key, each in value.items():
        if isinstance(each, dict | list):
            yield each, join_path(path, key), room_id if key == "Inventory" else key


def read_message_currency(bodies: Sequence[bytes]) -> str | None:
    """The currency that a channel's message gives for all its items."""
    for body in bodies:
        value, _ = load_message(body)
        if currency := text_at(value, "currency"):
            return currency
    return None
