"""The property that a message names above its items, on the way to them.

An item that names its own property is not affected; of several objects around an item, the nearest
one that names a property counts.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from adapters.outbound.provider_kit.parsing.json_fields import value_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import join_path
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry, find_property

PropertyPaths: TypeAlias = Sequence[tuple[str, ...]]
"""Where an object may name its property."""


class _Enclosing(NamedTuple):
    fields: dict[str, Json]
    path: str


def with_enclosing_property(
    message: Json, entries: Iterable[JsonEntry], paths: PropertyPaths
) -> list[JsonEntry]:
    """`entries`: of `message`, whose values are parts of it."""
    listed = list(entries)
    around = _find_enclosing(message, {id(entry.value) for entry in listed}, paths)
    if not around:
        return listed
    return [_within(entry, around.get(id(entry.value)), paths) for entry in listed]


def within_property(
    entries: Iterable[JsonEntry], around: Json, paths: PropertyPaths
) -> list[JsonEntry]:
    """The entries with the property that the object `around` them names."""
    found = _named_fields(around, paths)
    if found is None:
        return list(entries)
    return [_within(entry, _Enclosing(found, ""), paths) for entry in entries]


def named_foreign(
    values: Sequence[Json], around: Iterable[Json], paths: PropertyPaths, own_id: str | None
) -> Sequence[Json]:
    """The values of an API's response, with the property that the objects around them name,
    outermost first, if that is another one than `own_id`."""
    named = [found for each in around if (found := _named_fields(each, paths))]
    if not named or own_id is None or _property_id(named[-1], paths) == own_id:
        return values
    enclosing = _Enclosing(named[-1], "")
    return [_within(JsonEntry("", value), enclosing, paths).merged() for value in values]


def _find_enclosing(
    message: Json, wanted: Collection[int], paths: PropertyPaths
) -> dict[int, _Enclosing]:
    """By the identity of the values."""
    found: dict[int, _Enclosing] = {}
    waiting: list[tuple[Json, str, _Enclosing | None]] = [(message, "", None)]
    while waiting:
        value, path, around = waiting.pop()
        if id(value) in wanted:
            if around is not None:
                found[id(value)] = around
        elif isinstance(value, dict):
            fields = _named_fields(value, paths)
            around = around if fields is None else _Enclosing(fields, path)
            waiting += [(each, join_path(path, key), around) for key, each in value.items()]
        elif isinstance(value, list):
            waiting += [(each, path, around) for each in value]
    return found


def _within(entry: JsonEntry, around: _Enclosing | None, paths: PropertyPaths) -> JsonEntry:
    if around is None or entry.find_property(paths) is not None:
        return entry
    return entry._replace(envelope=around.fields, envelope_path=around.path)


def _named_fields(value: Json, paths: PropertyPaths) -> dict[str, Json] | None:
    """Those of an object that name its property."""
    for *parents, key in paths:
        if find_property(value, (*parents, key)) is not None:
            fields: dict[str, Json] = {key: value_at(value, *parents, key)}
            for parent in reversed(parents):
                fields = {parent: fields}
            return fields
    return None


def _property_id(fields: dict[str, Json], paths: PropertyPaths) -> str | None:
    named = JsonEntry("", fields).find_property(paths)
    return named.id if named else None
