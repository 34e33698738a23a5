"""The kit's reader, with what this vendor asks for.

Its serializer leaves out what is null. So a field that is missing from an answer of the API, asked
with every expansion, is empty (`whole`); missing from a payload that anybody may have cut, it says
nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.values import ABSENT, Absent, Field

T = TypeVar("T")

_UNSET: Final = "0001-01-01"
"""The vendor's way to say that an instant has no value."""


@dataclass(frozen=True, slots=True)
class ApaleoEntry:
    """One item of a message and where it stood."""

    path: str
    value: Json

    def text(self) -> bytes:
        return dumps(self.value).encode()


def reader_for(value: Json, path: str = "") -> Reader:
    return Reader(value, path, blank_is_null=True)


def null_if_complete(value: T | Absent | None, *, is_complete: bool) -> T | Absent | None:
    return None if is_complete and value is ABSENT else value


def as_instant_or_unset(value: Json, path: str) -> datetime | None:
    """None for the vendor's unset."""
    if values.as_text(value, path).startswith(_UNSET):
        return None
    return values.as_instant(value, path)


def as_precise_instant_or_unset(value: Json, path: str) -> tuple[datetime, int] | None:
    """With the nanoseconds below its microsecond: the vendor has seven digits."""
    if values.as_text(value, path).startswith(_UNSET):
        return None
    return values.as_precise_instant(value, path)


def field_instant(r: Reader, key: str, target: str, *, is_complete: bool) -> Field[datetime | None]:
    """An unset one is told, as empty."""
    if key not in r:
        return None if is_complete else ABSENT
    return r.optional(key, as_instant_or_unset, target)
