"""Entries of a pushed payload: an API response, one item of it, or an array of items."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.parsing.json_fields import value_at
from adapters.outbound.provider_kit.parsing.json_messages import (
    numbered_entries,
    split_bodies,
    split_listed,
)
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from domain.messages import ItemKind
from ports.errors import UnreadableMessage


class Shape(StrEnum):
    LISTED = "reservationInfo"
    SINGLE = "reservation"


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
    """Raises UnreadableMessage, TooManyItems."""
    split = {ItemKind.BOOKING: _split_reservations, ItemKind.GUEST: _split_profiles}.get(
        kind, _split_answers
    )
    return split_bodies(bodies, split, limit=limit)


def shape_of(entry: JsonEntry) -> Shape:
    """By the list that contained it; of a bare item, by the fields that only one shape has."""
    if entry.path.startswith("reservations.reservation["):
        return Shape.SINGLE
    value = entry.value
    if entry.path.startswith("reservations.") or not isinstance(value, dict):
        return Shape.LISTED
    stay = value.get("roomStay")
    inner = stay.keys() if isinstance(stay, dict) else ()
    is_single = not _SINGLE_SHAPE_KEYS.isdisjoint(value) or not _SINGLE_SHAPE_STAY_KEYS.isdisjoint(
        inner
    )
    return Shape.SINGLE if is_single else Shape.LISTED


def _split_reservations(value: Json) -> list[JsonEntry]:
    nested = value_at(value, "reservations")
    if isinstance(nested, dict):
        return [
            entry
            for shape in Shape
            for entry in _numbered_list(nested.get(shape.value), f"reservations.{shape.value}")
        ]
    expected = "neither a reservation nor a list of them"
    return split_listed(value, "reservations", _RESERVATION_KEYS, expected)


def _split_profiles(value: Json) -> list[JsonEntry]:
    if isinstance(value, list):
        return numbered_entries("", value)
    if isinstance(value, dict):
        for key in ("profiles", "profileSummaries"):
            nested = value.get(key)
            if isinstance(nested, dict):
                return _numbered_list(nested.get("profileInfo"), f"{key}.profileInfo")
        if not (PROFILE_IDS | _PROFILE_KEYS).isdisjoint(value):
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
    """Inventory responses; the mapper splits them into cells."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return numbered_entries("", value)
    if isinstance(value, dict) and ("statistics" in value or "hotelInventories" in value):
        return [JsonEntry("", value)]
    raise UnreadableMessage("no inventory of room types", path="statistics")


def _numbered_list(found: Json, path: str) -> list[JsonEntry]:
    """Empty if missing; a value that is not a list is one entry, which the mapper rejects."""
    if found is None:
        return []
    return numbered_entries(path, found) if isinstance(found, list) else [JsonEntry(path, found)]
