"""The kit's reader, with what this vendor asks for: an empty text is null, and null is kept."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing import mapping_report
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS, join_path
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.tracked_object import READ
from domain.errors import InvalidField
from domain.values import Reason

_PLAIN_TEXT: Final = re.compile(r"[A-Za-z0-9 .:_-]*")


class MewsEntry(NamedTuple):
    """One element of a message's list: where it stood, its value, its own text if at hand."""

    path: str
    value: Json
    raw: bytes | None = None

    def text(self) -> bytes:
        return self.raw if self.raw is not None else dumps(self.value).encode()


class MewsReader(Reader):
    """Opened without a path of its own, so that what is kept does not depend on its position.

    An empty text counts as null: this vendor has both for "nothing there".
    """

    __slots__ = ()

    def __init__(self, value: Json, path: str = "", *, blank_is_null: bool = True) -> None:
        super().__init__(value, path, blank_is_null=blank_is_null)

    def leftovers(self) -> Iterator[tuple[str, str]]:
        """Path and compact JSON text of what has no home, null, "", [] and {} included; a home
        that ends in `extras` is one in which the original word is lost, so it is kept as well."""
        for key, value in self._value.items():
            target = self._targets.get(key)
            # An object or a list that was opened has its fields' homes; with nothing in it, none.
            if target is None or target.endswith(EXTRAS) or (target == READ and not value):
                yield self.path_of(key), format_compact_json(value)
                continue
            for child in self._children.get(key, ()):
                yield from child.leftovers()

    def build_field_trace(self) -> tuple[tuple[str, str], ...]:
        """For each field that was sent: the field of ours, or `extras`."""
        return mapping_report.build_field_trace(self, self.leftovers())


def format_compact_json(value: Json) -> str:
    """JSON text; the quick way for ids, words and instants, which are nearly all of it."""
    if value is None:
        return "null"
    if isinstance(value, str) and _PLAIN_TEXT.fullmatch(value):
        return f'"{value}"'
    return dumps(value)


_SOURCES_OF: Final = {
    "external_id": "Id",
    "departure": "ScheduledEndUtc",
    "count": "PersonCounts",
    "room_type_id": "ResourceCategoryId",
}


def reason_of(fault: UnreadableField | InvalidField, prefix: str) -> Reason:
    return mapping_report.reason_of(fault, prefix, _SOURCES_OF)


def prefix_error(prefix: str, fault: UnreadableField) -> UnreadableField:
    """The same fault seen from the message: for what a booking takes from another list."""
    found = fault.details.get("found")
    path = prefix if fault.path == "(payload)" else join_path(prefix, fault.path)
    known = found if isinstance(found, str) else None
    return UnreadableField(path, fault.code, fault.expected, found=known)
