"""A pushed payload's items, by the shapes in which the vendor tells them.

Neither a refusal (`success` is false) nor a list of ids is a message of these. What stands around
the items, e.g. a channel's password, is not part of them and is kept nowhere.
"""

from collections.abc import Callable, Sequence
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, loads
from adapters.outbound.providers.cloudbeds.mapping.channel_availability import (
    is_inventory,
    is_room_list,
)
from adapters.outbound.providers.cloudbeds.mapping.channel_bookings import is_channel_booking
from adapters.outbound.providers.cloudbeds.mapping.guests import is_profile
from adapters.outbound.providers.cloudbeds.mapping.parsing import CloudbedsEntry
from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage

_LISTS: Final = {
    ItemKind.BOOKING: ("data", "Bookings", "booking_json"),
    ItemKind.GUEST: ("data",),
    ItemKind.AVAILABILITY: ("data", "propertyRooms", "Rooms", "Inventory"),
}
_IDENTIFYING_KEYS: Final = {
    ItemKind.BOOKING: {"status", "guestName", "guestList", "assigned", "unassigned", "rooms"},
    ItemKind.GUEST: {"firstName", "lastName", "email", "guestFirstName", "guestLastName"},
    ItemKind.AVAILABILITY: {"roomTypeName", "rateID", "roomRateDetailed"},
}
"""What one that stands alone is known by where its id is missing, which it is refused by then.
getGuest's answer never has one."""
_EXPECTED: Final = {
    ItemKind.BOOKING: "neither a reservation, nor a channel's booking, nor a list of them",
    ItemKind.GUEST: "neither a guest with its id, nor a profile, nor a list of them",
    ItemKind.AVAILABILITY: "neither rates by night nor a channel's availability",
}


def split_entries(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[CloudbedsEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    found: list[CloudbedsEntry] = []
    for body in bodies:
        found += _split_value(kind, _load_json(body), "")
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def read_message_currency(bodies: Sequence[bytes]) -> str | None:
    """That of a channel's message, which tells it once for all."""
    for body in bodies:
        value = _load_json(body)
        currency = value.get("currency") if isinstance(value, dict) else None
        if isinstance(currency, str) and currency:
            return currency
    return None


def _load_json(body: bytes) -> Json:
    try:
        return loads(body)
    except UnreadableJson as fault:
        raise UnreadableMessage(fault.message, position=fault.position) from fault


def _split_value(kind: ItemKind, value: Json, path: str) -> list[CloudbedsEntry]:
    if isinstance(value, list):
        return [
            each
            for n, item in enumerate(value)
            for each in _split_nested(kind, item, f"{path}[{n}]")
        ]
    if not isinstance(value, dict):
        raise UnreadableMessage(_EXPECTED[kind])
    if value.get("success") is False:
        raise UnreadableMessage("the vendor's refusal: success is false", path="success")
    if _IS_ITEM[kind](value):
        return [CloudbedsEntry(path, value)]
    for key in _LISTS[kind]:
        if key in value:
            return _split_list(kind, value[key], f"{path}.{key}" if path else key)
    if len(_IDENTIFYING_KEYS[kind] & value.keys()) > 1:
        return [CloudbedsEntry(path, value)]
    raise UnreadableMessage(_EXPECTED[kind])


def _split_list(kind: ItemKind, value: Json, path: str) -> list[CloudbedsEntry]:
    """A list, or what PHP makes of one: a map by id, or nothing."""
    if not value:
        return []
    if isinstance(value, dict) and not _is_wrapper(kind, value) and _is_map(value):
        return [
            each
            for key, item in value.items()
            for each in _split_nested(kind, item, f"{path}.{key}")
        ]
    return _split_value(kind, value, path)


def _split_nested(kind: ItemKind, item: Json, path: str) -> list[CloudbedsEntry]:
    """One that is no item of any shape is one to be refused by what it lacks."""
    if isinstance(item, dict) and not _IS_ITEM[kind](item) and _is_wrapper(kind, item):
        try:
            return _split_value(kind, item, path)
        except UnreadableMessage:
            return [CloudbedsEntry(path, item)]
    return [CloudbedsEntry(path, item)]


def _is_wrapper(kind: ItemKind, value: dict[str, Json]) -> bool:
    return _IS_ITEM[kind](value) or any(key in value for key in _LISTS[kind])


def _is_map(value: dict[str, Json]) -> bool:
    return all(key.isdecimal() and isinstance(item, dict) for key, item in value.items())


def _is_booking(value: Json) -> bool:
    return isinstance(value, dict) and ("reservationID" in value or is_channel_booking(value))


def _is_guest(value: Json) -> bool:
    return isinstance(value, dict) and ("guestID" in value or is_profile(value))


def _is_availability(value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    return is_room_list(value) or is_inventory(value) or "roomTypeID" in value


_IS_ITEM: Final[dict[ItemKind, Callable[[Json], bool]]] = {
    ItemKind.BOOKING: _is_booking,
    ItemKind.GUEST: _is_guest,
    ItemKind.AVAILABILITY: _is_availability,
}
