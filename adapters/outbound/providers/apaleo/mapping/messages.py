"""A pushed payload's items: an answer of the API, one reservation, or an array of reservations."""

from collections.abc import Sequence

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, loads
from adapters.outbound.providers.apaleo.mapping.parsing import ApaleoEntry
from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage


def split_entries(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[ApaleoEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    find = _split_reservations if kind is ItemKind.BOOKING else _split_availability
    found: list[ApaleoEntry] = []
    for body in bodies:
        found += find(_load_json(body))
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def _load_json(body: bytes) -> Json:
    try:
        return loads(body)
    except UnreadableJson as fault:
        raise UnreadableMessage(fault.message, position=fault.position) from fault


def _split_reservations(value: Json) -> list[ApaleoEntry]:
    """A booking's reservations too: each is refused by what it lacks."""
    if isinstance(value, list):
        return [ApaleoEntry(f"[{position}]", item) for position, item in enumerate(value)]
    if isinstance(value, dict):
        listed = value.get("reservations")
        if isinstance(listed, list):
            return [ApaleoEntry(f"reservations[{n}]", item) for n, item in enumerate(listed)]
        if "bookingId" in value or "arrival" in value:
            return [ApaleoEntry("", value)]
    raise UnreadableMessage("neither a reservation nor a list of them")


def _split_availability(value: Json) -> list[ApaleoEntry]:
    if isinstance(value, dict) and isinstance(value.get("timeSlices"), list):
        return [ApaleoEntry("", value)]
    raise UnreadableMessage("no time slices of unit groups are there", path="timeSlices")
