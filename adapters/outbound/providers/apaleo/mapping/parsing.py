"""Parsers for Apaleo's representations.

Apaleo's serializer leaves out null fields. A field missing from a complete API response (requested
with every expansion: `is_complete`) is therefore null; a field missing from a pushed payload, which
the sender may have cut, is absent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.values import ABSENT, Field

COUNT_PATHS: Final = (("count",),)
"""Of all pages; the vendor's own sample has 0 with two items."""

_UNSET: Final = "0001-01-01"
"""Apaleo's instant for "no value"."""


class ApaleoMapper:
    """An ItemMapper's names and paths for every kind of item."""

    __slots__ = ()
    source_names: ClassVar[Mapping[str, str]] = {
        "external_id": "id",
        "count": "adults",
        "room_type_id": "unitGroup.id",
        "available": "sellableCount",
    }
    property_paths: ClassVar[Sequence[tuple[str, ...]]] = (("property", "id"), ("propertyId",))


def as_instant_or_unset(value: Json, path: str) -> datetime | None:
    if values.as_text(value, path).startswith(_UNSET):
        return None
    return values.as_instant(value, path)


def as_precise_instant_or_unset(value: Json, path: str) -> tuple[datetime, int] | None:
    """With the nanoseconds below the microsecond: Apaleo sends seven digits."""
    if values.as_text(value, path).startswith(_UNSET):
        return None
    return values.as_precise_instant(value, path)


def field_instant(r: Reader, key: str, target: str, *, is_complete: bool) -> Field[datetime | None]:
    """None also for an unset instant."""
    if key not in r:
        return None if is_complete else ABSENT
    return r.optional(key, as_instant_or_unset, target)
