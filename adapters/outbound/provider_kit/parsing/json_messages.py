"""JSON bodies as received: split into entries, or parsed as one notification."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, loads
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from ports.errors import TooManyItems, UnreadableMessage

T = TypeVar("T")


def load_body(body: bytes) -> Json:
    """Raises UnreadableMessage."""
    try:
        return loads(body)
    except UnreadableJson as error:
        raise UnreadableMessage(error.message, position=error.position) from error


def parse_body(body: bytes, parse: Callable[[Json], T]) -> T:
    """For bodies that are accepted or rejected as one. Raises UnreadableMessage, also in place of
    the UnreadableField that `parse` raises."""
    value = load_body(body)
    try:
        return parse(value)
    except UnreadableField as error:
        raise UnreadableMessage(error.message, path=error.path) from error


def split_bodies(
    bodies: Sequence[bytes], split: Callable[[Json], Iterable[T]], *, limit: int
) -> list[T]:
    """The entries of all bodies. Raises UnreadableMessage, and TooManyItems above `limit`."""
    found: list[T] = []
    for body in bodies:
        found += split(load_body(body))
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def split_listed(
    value: Json, key: str, item_keys: Iterable[str], expected: str, *, path: str | None = None
) -> list[JsonEntry]:
    """An array of items, an object with their list at `key`, or one item, which has one of
    `item_keys`. Raises UnreadableMessage, with `expected` and `path`."""
    if isinstance(value, list):
        return numbered_entries("", value)
    if isinstance(value, dict):
        listed = value.get(key)
        if isinstance(listed, list):
            return numbered_entries(key, listed)
        if any(item_key in value for item_key in item_keys):
            return [JsonEntry("", value)]
    raise UnreadableMessage(expected, path=path) if path else UnreadableMessage(expected)


def read_each(key: str, values: Iterable[Json], read: Callable[[Reader], T]) -> list[T]:
    """The objects of the list at `key`, of a provider that sends an empty text for null. Raises
    UnreadableField."""
    return [read(reader_for(value, f"{key}[{n}]")) for n, value in enumerate(values)]


def numbered_entries(path: str, values: Iterable[Json]) -> list[JsonEntry]:
    """Each element of the list at `path`, e.g. `reservations[0]`."""
    return [JsonEntry(f"{path}[{n}]", value) for n, value in enumerate(values)]
