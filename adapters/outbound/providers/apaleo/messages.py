"""A pushed payload's items: an answer of the API, one reservation, or an array of reservations."""

from collections.abc import Sequence

from adapters.outbound.provider_kit.errors import UnreadableJson
from adapters.outbound.provider_kit.json_text import Json, loads
from adapters.outbound.providers.apaleo.reading import Entry
from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage


def entries_of(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[Entry]:
    """Raises UnreadableMessage, TooManyItems."""
    find = _reservations if kind is ItemKind.BOOKING else _availability
    found: list[Entry] = []
    for body in bodies:
        found += find(_loaded(body))
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def _loaded(body: bytes) -> Json:
    try:
        return loads(body)
    except UnreadableJson as fault:
        raise UnreadableMessage(fault.message, position=fault.position) from fault


def _reservations(value: Json) -> list[Entry]:
    """A booking's reservations too: each is refused by what it lacks."""
    if isinstance(value, list):
        return [Entry(f"[{position}]", item) for position, item in enumerate(value)]
    if isinstance(value, dict):
        listed = value.get("reservations")
        if isinstance(listed, list):
            return [Entry(f"reservations[{n}]", item) for n, item in enumerate(listed)]
        if "bookingId" in value or "arrival" in value:
            return [Entry("", value)]
    raise UnreadableMessage("neither a reservation nor a list of them")


def _availability(value: Json) -> list[Entry]:
    if isinstance(value, dict) and isinstance(value.get("timeSlices"), list):
        return [Entry("", value)]
    raise UnreadableMessage("no time slices of unit groups are there", path="timeSlices")
