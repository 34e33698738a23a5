"""A pushed payload's items: an answer of the API, one item of it, or an array of items."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableJson
from adapters.outbound.provider_kit.json_text import Json, loads
from adapters.outbound.providers.ohip.reading import Entry, numbered
from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage


class Shape(StrEnum):
    LISTED = "reservationInfo"
    SINGLE = "reservation"


_OF_A_SINGLE: Final = frozenset(
    {"reservationGuests", "reservationProfiles", "walkIn", "cashiering", "comments", "cancellation"}
)
_OF_A_SINGLE_STAY: Final = frozenset({"roomRates", "currentRoomInfo", "guestCounts", "total"})
_OF_A_RESERVATION: Final = frozenset({"reservationIdList", "roomStay", "reservationStatus"})
_OF_A_PROFILE: Final = frozenset({"profileDetails", "guestDetails"})
"""What one of them that stands alone is known by: its ids, or what they are missing from."""

PROFILE_IDS: Final = frozenset({"profileIdList", "guestIdList", "companyIdList"})
VICTIMS: Final = "victimProfileId"
MERGED_INTO: Final = "mergedInto"
"""Ours: what a merged profile became part of, as the message around it tells."""


def loaded(body: bytes) -> Json:
    """Raises UnreadableMessage."""
    try:
        return loads(body)
    except UnreadableJson as fault:
        raise UnreadableMessage(fault.message, position=fault.position) from fault


def entries_of(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[Entry]:
    """Raises UnreadableMessage, TooManyItems."""
    find = {ItemKind.BOOKING: _reservations, ItemKind.GUEST: _profiles}.get(kind, _answers)
    found: list[Entry] = []
    for body in bodies:
        found += find(loaded(body))
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def shape_of(entry: Entry) -> Shape:
    """By the list that it stood in; alone, by the fields that only one shape has."""
    if entry.path.startswith("reservations.reservation["):
        return Shape.SINGLE
    value = entry.value
    if entry.path.startswith("reservations.") or not isinstance(value, dict):
        return Shape.LISTED
    stay = value.get("roomStay")
    inner = stay.keys() if isinstance(stay, dict) else ()
    is_single = not _OF_A_SINGLE.isdisjoint(value) or not _OF_A_SINGLE_STAY.isdisjoint(inner)
    return Shape.SINGLE if is_single else Shape.LISTED


def _reservations(value: Json) -> list[Entry]:
    if isinstance(value, list):
        return list(numbered("", value))
    if isinstance(value, dict):
        told = value.get("reservations")
        if isinstance(told, list):
            return list(numbered("reservations", told))
        if isinstance(told, dict):
            return [
                entry
                for shape in Shape
                for entry in _numbered_in(told.get(shape.value), f"reservations.{shape.value}")
            ]
        if not _OF_A_RESERVATION.isdisjoint(value):
            return [Entry("", value)]
    raise UnreadableMessage("neither a reservation nor a list of them")


def _profiles(value: Json) -> list[Entry]:
    if isinstance(value, list):
        return list(numbered("", value))
    if isinstance(value, dict):
        for key in ("profiles", "profileSummaries"):
            told = value.get(key)
            if isinstance(told, dict):
                return _numbered_in(told.get("profileInfo"), f"{key}.profileInfo")
        if not (PROFILE_IDS | _OF_A_PROFILE).isdisjoint(value):
            return [Entry("", value), *_merged(value)]
    raise UnreadableMessage("neither a profile nor a list of them")


def _merged(value: dict[str, Json]) -> list[Entry]:
    """A merge (crm: mergeProfiles) names the profiles that are no more."""
    return [
        Entry(one.path, {"profileIdList": [one.value], MERGED_INTO: value.get("profileIdList")})
        for one in _numbered_in(value.get(VICTIMS), VICTIMS)
    ]


def _answers(value: Json) -> list[Entry]:
    """Inventory: each answer is taken apart by its mapper."""
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return list(numbered("", value))
    if isinstance(value, dict) and ("statistics" in value or "hotelInventories" in value):
        return [Entry("", value)]
    raise UnreadableMessage("no inventory of room types is there", path="statistics")


def _numbered_in(found: Json, path: str) -> list[Entry]:
    """A list that is not there is empty: what is none is refused, as one item."""
    if found is None:
        return []
    return list(numbered(path, found)) if isinstance(found, list) else [Entry(path, found)]
