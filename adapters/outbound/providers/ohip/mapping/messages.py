"""Entries of a pushed payload: an API response, one item of it, or an array of items."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.parsing.json_fields import value_at
from adapters.outbound.provider_kit.parsing.json_messages import (
    numbered_entries,
    split_array,
    split_bodies,
    split_listed,
)
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.list_counts import require_listed
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.ohip.mapping.parsing import COUNT_PATHS, PROPERTY_PATHS
from domain.messages import ItemKind
from ports.errors import UnreadableMessage


class Shape(StrEnum):
    LISTED = "reservationInfo"
    SINGLE = "reservation"


SHAPES: Final = tuple(shape.value for shape in Shape)
_SINGLE_SHAPE_KEYS: Final = frozenset(
    {"reservationGuests", "reservationProfiles", "walkIn", "cashiering", "comments", "cancellation"}
)
_SINGLE_SHAPE_STAY_KEYS: Final = frozenset({"roomRates", "currentRoomInfo", "guestCounts", "total"})
_RESERVATION_KEYS: Final = frozenset({"reservationIdList", "roomStay", "reservationStatus"})
_PROFILE_KEYS: Final = frozenset({"profileDetails", "guestDetails"})
"""With the id lists, these identify a bare profile."""

PROFILE_IDS: Final = frozenset({"profileIdList", "guestIdList", "companyIdList"})
MERGED_PROFILES_KEY: Final = "victimProfileId"
MERGED_INTO_KEY: Final = "mergedInto"
"""Our own key: the surviving profile of a merge, taken from the surrounding message."""


def split_entries(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[JsonEntry]:
    """Raises UnreadableMessage, TooManyItems. Profiles belong to the chain, not to a hotel."""
    split = {ItemKind.BOOKING: _split_reservations, ItemKind.GUEST: _split_profiles}.get(
        kind, _split_answers
    )
    paths = () if kind is ItemKind.GUEST else PROPERTY_PATHS
    return split_bodies(bodies, split, limit=limit, property_paths=paths)


def shape_of(entry: JsonEntry) -> Shape:
    """By the list that contained it; of a bare item, by the fields that only one shape has."""
    value = entry.value
    list_key = entry.path.rpartition(".")[2].partition("[")[0]
    if list_key in SHAPES:
        return Shape(list_key)
    if not isinstance(value, dict):
        return Shape.LISTED
    stay = value.get("roomStay")
    inner = stay.keys() if isinstance(stay, dict) else ()
    is_single = not _SINGLE_SHAPE_KEYS.isdisjoint(value) or not _SINGLE_SHAPE_STAY_KEYS.isdisjoint(
        inner
    )
    return Shape.SINGLE if is_single else Shape.LISTED


def _split_reservations(value: Json) -> list[JsonEntry]:
    if isinstance(value, list):
        return split_array(value, _is_reservation_message, _split_reservations)
    if not isinstance(value_at(value, "reservations"), dict):
        expected = "neither a reservation nor a list of them"
        return split_listed(
            value, "reservations", _RESERVATION_KEYS, expected, count_paths=COUNT_PATHS
        )
    path, page = open_page(value, "reservations", SHAPES)
    found = [entry for key in SHAPES for entry in _numbered_list(page.get(key), f"{path}.{key}")]
    require_listed(found, objects_around(value, path), COUNT_PATHS, path)
    return found


def _is_reservation_message(value: Json) -> bool:
    return isinstance(value_at(value, "reservations"), dict | list)


def objects_around(value: Json, path: str) -> list[Json]:
    """The objects on the way to the one at `path`, outermost first, and that one."""
    found = [value]
    for key in path.split("."):
        found.append(value_at(found[-1], key))
    return found


def open_page(value: Json, key: str, list_keys: Collection[str]) -> tuple[str, dict[str, Json]]:
    """The object at `key` that has one of `list_keys`, with its path; OPERA's gateways wrap it
    twice at times. A page without a list is empty only if its counts say so. Raises
    UnreadableMessage."""
    path, page = key, value_at(value, key)
    while isinstance(page, dict) and page.keys().isdisjoint(list_keys) and key in page:
        path, page = f"{path}.{key}", page[key]
    if not isinstance(page, dict) or not (_has_list(page, list_keys) or _counts_nothing(page)):
        raise UnreadableMessage(f"expected {' or '.join(list_keys)}", path=path)
    return path, page


def _has_list(page: Mapping[str, Json], list_keys: Iterable[str]) -> bool:
    return any(page.get(key) is not None for key in list_keys)


def _counts_nothing(page: Mapping[str, Json]) -> bool:
    counts = [page[key] for (key,) in COUNT_PATHS if key in page]
    return bool(counts) and all(count in (0, "0") for count in counts)


def _split_profiles(value: Json) -> list[JsonEntry]:
    if isinstance(value, list):
        return numbered_entries("", value)
    for key in ("profiles", "profileSummaries"):
        if isinstance(value_at(value, key), dict):
            path, page = open_page(value, key, ("profileInfo",))
            found = _numbered_list(page.get("profileInfo"), f"{path}.profileInfo")
            require_listed(found, objects_around(value, path), COUNT_PATHS, path)
            return found
    if isinstance(value, dict) and not (PROFILE_IDS | _PROFILE_KEYS).isdisjoint(value):
        return [JsonEntry("", value), *_split_merged(value)]
    raise UnreadableMessage("neither a profile nor a list of them")


def _split_merged(value: dict[str, Json]) -> list[JsonEntry]:
    """The merged profiles that a merge message (crm: mergeProfiles) names."""
    return [
        JsonEntry(
            merged.path,
            {"profileIdList": [merged.value], MERGED_INTO_KEY: value.get("profileIdList")},
        )
        for merged in _numbered_list(value.get(MERGED_PROFILES_KEY), MERGED_PROFILES_KEY)
    ]


def _split_answers(value: Json) -> list[JsonEntry]:
    """Inventory responses; the mapper splits them into cells and rejects the others of a list."""
    if isinstance(value, list) and (not value or any(map(_is_availability, value))):
        return numbered_entries("", value)
    if _is_availability(value):
        return [JsonEntry("", value)]
    raise UnreadableMessage("no inventory of room types", path="statistics")


def _is_availability(value: Json) -> bool:
    """Also a night of a room type, the text of a single item."""
    return is_inventory(value) or (
        isinstance(value, dict) and not {"statisticDate", "availableCount"}.isdisjoint(value)
    )


def is_inventory(value: Json) -> bool:
    return isinstance(value, dict) and ("statistics" in value or "hotelInventories" in value)


def _numbered_list(found: Json, path: str) -> list[JsonEntry]:
    """Empty if missing; a value that is not a list is one entry, which the mapper rejects."""
    if found is None:
        return []
    return numbered_entries(path, found) if isinstance(found, list) else [JsonEntry(path, found)]
