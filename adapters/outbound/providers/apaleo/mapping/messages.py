"""Entries of a pushed payload: an API response, one reservation, or an array of reservations."""

from collections.abc import Sequence

from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries, split_bodies
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from domain.messages import ItemKind
from ports.errors import UnreadableMessage


def split_entries(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> list[JsonEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    split = _split_reservations if kind is ItemKind.BOOKING else _split_availability
    return split_bodies(bodies, split, limit=limit)


def _split_reservations(value: Json) -> list[JsonEntry]:
    """A BookingModel's reservations are split as well; the mapper rejects each."""
    if isinstance(value, list):
        return numbered_entries("", value)
    if isinstance(value, dict):
        listed = value.get("reservations")
        if isinstance(listed, list):
            return numbered_entries("reservations", listed)
        if "bookingId" in value or "arrival" in value:
            return [JsonEntry("", value)]
    raise UnreadableMessage("neither a reservation nor a list of them")


def _split_availability(value: Json) -> list[JsonEntry]:
    if isinstance(value, dict) and isinstance(value.get("timeSlices"), list):
        return [JsonEntry("", value)]
    raise UnreadableMessage("no time slices of unit groups", path="timeSlices")
