"""Reader for Mews' representations: an empty text counts as null, and extras keep nulls."""

import re
from typing import Final

from adapters.outbound.provider_kit.parsing import mapping_report
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS, join_path
from adapters.outbound.provider_kit.parsing.read_items import (
    FieldTrace,
    ItemMapper,
    JsonEntry,
    MappingError,
)
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.sensitive_fields import without_sensitive_fields
from adapters.outbound.provider_kit.parsing.tracked_object import READ
from domain.snapshots import Snapshot
from domain.values import Reason

PROPERTY_KEY: Final = "EnterpriseId"
PROPERTY_PATHS: Final = ((PROPERTY_KEY,),)

_is_plain_text: Final = re.compile(r"[A-Za-z0-9 .:_-]*").fullmatch


class MewsReader(Reader):
    """Opened without a path, so that the extras do not depend on the item's position.

    An empty text counts as null: Mews uses both for "no value".
    """

    __slots__ = ()

    def __init__(self, value: Json, path: str = "", *, blank_is_null: bool = True) -> None:
        super().__init__(value, path, blank_is_null=blank_is_null)

    def leftovers(self) -> list[tuple[str, str]]:
        """Path and compact JSON of the fields to keep in the extras: those without a target, also
        null, "", [] and {}, and those whose target ends in `extras` because mapping loses data.
        Never sensitive ones."""
        found: list[tuple[str, str]] = []
        self.collect_leftovers(found)
        return found

    def collect_leftovers(self, found: list[tuple[str, str]]) -> None:
        """Adds those of this object and of the objects inside it."""
        values, targets, children = self._value, self._targets, self._children
        fields = {key: value for key, value in values.items() if key not in targets}
        for key, target in targets.items():
            # An opened object or list has the targets of its fields; an empty one has none.
            if target.endswith(EXTRAS) or (target == READ and not values[key]):
                fields[key] = values[key]
            elif key in children:
                self._collect_inside(key, found)
        kept = without_sensitive_fields(fields, self.path, self._value, {}, self._sensitive)
        prefix = f"{self.path}." if self.path else ""
        found += [(prefix + key, format_compact_json(value)) for key, value in kept.items()]

    def _collect_inside(self, key: str, found: list[tuple[str, str]]) -> None:
        for child in self._children[key]:
            child.collect_leftovers(found)
        if self._remarks:
            found += self._invalid_elements(key, self._value[key]).items()


def format_compact_json(value: Json) -> str:
    """JSON text, with a fast path for ids, codes and instants, which are nearly all values."""
    if value is None:
        return "null"
    if isinstance(value, str) and _is_plain_text(value):
        return f'"{value}"'
    return dumps(value)


_SOURCES_OF: Final = {
    "external_id": "Id",
    "departure": "ScheduledEndUtc",
    "count": "PersonCounts",
    "room_type_id": "ResourceCategoryId",
    "available": "Metrics",
}


def reason_of(error: MappingError, path: str) -> Reason:
    return mapping_report.reason_of(error, path, _SOURCES_OF)


class MewsMapper(ItemMapper[MewsReader, str]):
    __slots__ = ()
    source_names = _SOURCES_OF
    property_paths = PROPERTY_PATHS

    def open_item(self, entry: JsonEntry) -> tuple[MewsReader, str]:
        r = MewsReader(entry.value).tolerant()
        r.drop(PROPERTY_KEY, "the property of the connection")
        return r, r.text("Id", "external_id")

    def trace_fields(self, r: MewsReader, snapshot: Snapshot) -> FieldTrace:  # noqa: ARG002 the shape of ItemMapper
        return mapping_report.build_field_trace(r, r.leftovers())


def prefix_error(prefix: str, error: UnreadableField) -> UnreadableField:
    """The error with the path in the message, for entries of the lists that bookings refer to."""
    found = error.details.get("found")
    path = prefix if error.path == "(payload)" else join_path(prefix, error.path)
    known = found if isinstance(found, str) else None
    return UnreadableField(path, error.code, error.expected, found=known)
