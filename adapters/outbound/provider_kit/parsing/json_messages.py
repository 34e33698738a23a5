"""JSON bodies as received: split into entries, or parsed as one notification."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from adapters.outbound.provider_kit.parsing.enclosing_property import (
    PropertyPaths,
    with_enclosing_property,
)
from adapters.outbound.provider_kit.parsing.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.parsing.json_fields import list_at, value_at
from adapters.outbound.provider_kit.parsing.json_text import (
    Json,
    describe_duplicate,
    find_duplicate_key,
    loads_message,
)
from adapters.outbound.provider_kit.parsing.list_counts import CountPaths, require_listed
from adapters.outbound.provider_kit.parsing.mapping_report import join_path
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from ports.errors import TooManyItems, UnreadableMessage

T = TypeVar("T")


def load_message(body: bytes) -> tuple[Json, bool]:
    """As `loads_message`. Raises UnreadableMessage."""
    try:
        return loads_message(body)
    except UnreadableJson as error:
        raise UnreadableMessage(error.message, position=error.position) from error


def parse_body(body: bytes, parse: Callable[[Json], T]) -> T:
    """For bodies that are accepted or rejected as one. Raises UnreadableMessage, also in place of
    the UnreadableField that `parse` raises."""
    value, _ = load_message(body)
    try:
        return parse(value)
    except UnreadableField as error:
        raise UnreadableMessage(error.message, path=error.path) from error


def split_bodies(
    bodies: Sequence[bytes],
    split: Callable[[Json], Iterable[JsonEntry]],
    *,
    limit: int,
    property_paths: PropertyPaths = (),
) -> list[JsonEntry]:
    """The entries of all bodies; one that would lose data has its `problem`, the others are not
    affected. `property_paths`: where the objects around an item may name its property. Raises
    UnreadableMessage, and TooManyItems above `limit`."""
    found: list[JsonEntry] = []
    for body in bodies:
        found += split_body(body, split, property_paths)
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def split_body(
    body: bytes,
    split: Callable[[Json], Iterable[JsonEntry]],
    property_paths: PropertyPaths = (),
) -> Iterable[JsonEntry]:
    """Raises UnreadableMessage."""
    value, is_lossy = load_message(body)
    entries = split(value)
    if property_paths:
        entries = with_enclosing_property(value, entries, property_paths)
    return map(mark_problem, entries) if is_lossy else entries


def has_empty_list(body: bytes) -> bool:
    """Whether a message without items may be right: it has an empty list and no object in any
    list. True for what is not JSON, whose reader decides that itself."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return True
    value, _ = loads_message(body)
    lists = list(_lists_in(value))
    has_objects = any(isinstance(item, dict) for found in lists for item in found)
    return not has_objects and not all(lists)


def _lists_in(value: Json) -> Iterator[list[Json]]:
    if isinstance(value, list):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _lists_in(each)


def mark_problem(entry: JsonEntry) -> JsonEntry:
    """For entries of a lossy message: a duplicate key is the entry's problem."""
    key = find_duplicate_key(entry.value)
    if key is None:
        return entry
    return entry._replace(problem=UnreadableJson(describe_duplicate(key)))


def split_listed(
    value: Json,
    key: str,
    item_keys: Iterable[str],
    expected: str,
    *,
    path: str | None = None,
    count_paths: CountPaths = (),
) -> list[JsonEntry]:
    """An array of items or of such messages, an object with their list at `key`, or one item,
    which has one of `item_keys`. `count_paths`: where a message may count its list. Raises
    UnreadableMessage, with `expected` and `path`."""
    if isinstance(value, list):
        return split_array(
            value,
            lambda element: has_list(element, key),
            lambda message: split_list(message, key, count_paths),
        )
    if has_list(value, key):
        return split_list(value, key, count_paths)
    if isinstance(value, dict) and any(item_key in value for item_key in item_keys):
        return [JsonEntry("", value)]
    raise UnreadableMessage(expected, path=path) if path else UnreadableMessage(expected)


def has_list(message: Json, key: str) -> bool:
    return isinstance(value_at(message, key), list)


def split_list(message: Json, key: str, count_paths: CountPaths) -> list[JsonEntry]:
    """The list at `key`. Raises UnreadableMessage if it is empty, but its count is not."""
    listed = list_at(message, key)
    require_listed(listed, [message], count_paths, key)
    return numbered_entries(key, listed)


def split_array(
    values: Sequence[Json],
    is_message: Callable[[Json], bool],
    split: Callable[[Json], list[JsonEntry]],
) -> list[JsonEntry]:
    """The entries of an array whose elements are items, or messages with items. A message that
    cannot be split is one entry, which the mapper rejects."""
    found: list[JsonEntry] = []
    for element in numbered_entries("", values):
        found += _split_element(element, split) if is_message(element.value) else [element]
    return found


def _split_element(element: JsonEntry, split: Callable[[Json], list[JsonEntry]]) -> list[JsonEntry]:
    try:
        nested = split(element.value)
    except UnreadableMessage:
        return [element]
    return [each._replace(path=join_path(element.path, each.path)) for each in nested]


def read_each(key: str, values: Iterable[Json], read: Callable[[Reader], T]) -> list[T]:
    """The objects of the list at `key`, of a provider that sends an empty text for null. Raises
    UnreadableField."""
    return [read(reader_for(value, f"{key}[{n}]")) for n, value in enumerate(values)]


def numbered_entries(path: str, values: Iterable[Json]) -> list[JsonEntry]:
    """Each element of the list at `path`, e.g. `reservations[0]`."""
    return [JsonEntry(f"{path}[{n}]", value) for n, value in enumerate(values)]
