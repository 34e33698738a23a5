"""A pushed payload's items: an answer of the API, one item of it, or an array of items."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, loads
from adapters.outbound.providers.ohip.mapping.parsing import OhipEntry, numbered_entries
from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage


class Shape(StrEnum):
    LISTED = "reservationInfo"
    SINGLE = "reservation"


_SINGLE_SHAPE_KEYS: Final = frozenset(
    {"reservationGuests", "reservationProfiles", "walkIn", "cashiering", "comments", "cancellation"}
)
_SINGLE_SHAPE_STAY_KEYS: Final = frozenset({"roomRates", "currentRoomInfo", "guestCounts", "total"})
_RESERVATION_KEYS: Final = frozenset({"reservationIdList", "roomStay", "reservationStatus"})
_PROFILE_KEYS: Final = frozenset({"profileDetails", "guestDetails"})
"""What one of them that stands alone is known by: its ids, or what they are missing from."""

PROFILE_IDS: Final = frozenset({"profileIdList", "guestIdList", "companyIdList"})
MERGED_PROFILES_KEY: Final = "victimProfileId"
MERGED_INTO_KEY: Final = "mergedInto"
"""Ours: what a merged profile became part of, as the message around it tells."""


def load_json(body: bytes) -> Json:
    """Raises UnreadableMessage."""
    try:
        return loads(body)
    except UnreadableJson as fault:
        raise UnreadableMessage(fault.message, position=fault.position) from fault


def split_entries(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[OhipEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    split = {ItemKind.BOOKING: _split_reservations, ItemKind.GUEST: _split_profiles}.get(
        kind, _split_answers
    )
    found: list[OhipEntry] = []
    for body in bodies:
        found += split(load_json(body))
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def shape_of(entry: OhipEntry) -> Shape:
    """By the list that it stood in; alone, by the fields that only one shape has."""
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


def _split_reservations(value: Json) -> list[OhipEntry]:
    if isinstance(value, list):
        return list(numbered_entries("", value))
    if isinstance(value, dict):
        nested = value.get("reservations")
        if isinstance(nested, list):
            return list(numbered_entries("reservations", nested))
        if isinstance(nested, dict):
            return [
                entry
                for shape in Shape
                for entry in _numbered_list(nested.get(shape.value), f"reservations.{shape.value}")
            ]
        if not _RESERVATION_KEYS.isdisjoint(value):
            return [OhipEntry("", value)]
    raise UnreadableMessage("neither a reservation nor a list of them")


def _split_profiles(value: Json) -> list[OhipEntry]:
    if isinstance(value, list):
        return list(numbered_entries("", value))
    if isinstance(value, dict):
        for key in ("profiles", "profileSummaries"):
            nested = value.get(key)
            if isinstance(nested, dict):
                return _numbered_list(nested.get("profileInfo"), f"{key}.profileInfo")
        if not (PROFILE_IDS | _PROFILE_KEYS).isdisjoint(value):
            return [OhipEntry("", value), *_split_merged(value)]
    raise UnreadableMessage("neither a profile nor a list of them")


def _split_merged(value: dict[str, Json]) -> list[OhipEntry]:
    """A merge (crm: mergeProfiles) names the profiles that are no more."""
    return [
        OhipEntry(
            one.path, {"profileIdList": [one.value], MERGED_INTO_KEY: value.get("profileIdList")}
        )
        for one in _numbered_list(value.get(MERGED_PROFILES_KEY), MERGED_PROFILES_KEY)
    ]


def _split_answers(value: Json) -> list[OhipEntry]:
    """Inventory: each answer is taken apart by its mapper."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return list(numbered_entries("", value))
    if isinstance(value, dict) and ("statistics" in value or "hotelInventories" in value):
        return [OhipEntry("", value)]
    raise UnreadableMessage("no inventory of room types is there", path="statistics")


def _numbered_list(found: Json, path: str) -> list[OhipEntry]:
    """A list that is not there is empty: what is none is refused, as one item."""
    if found is None:
        return []
    return (
        list(numbered_entries(path, found)) if isinstance(found, list) else [OhipEntry(path, found)]
    )
