"""Parsers for Cloudbeds' representations, as its schemas and samples show them.

An empty string means null. Ids are texts that older examples send as integers; numbers may be sent
as text. A map or list without entries may be sent as `[]`, `{}`, `""` or null. A local time without
an offset is in the property's time zone.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Final, TypeAlias
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.local_time import local_instant
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.tracked_object import READ, as_raw
from adapters.outbound.providers.cloudbeds.capabilities import CAPABILITIES
from domain.values import ABSENT, Money

PROPERTY_PATHS: Final = (("propertyID",), ("propertyId",))
COUNT_PATHS: Final = (("total",), ("count",))
"""Of all pages, and of this one."""

UTC_ZONE: Final = ZoneInfo("UTC")

ZERO_DAY: Final = "0000-00-00"
"""MySQL's date without a value."""


ExtraFields: TypeAlias = dict[str, str]
"""Path to JSON text of fields that are mapped and kept in the extras as well."""

ReadTime: TypeAlias = Callable[[str, values.Parse[datetime | None], str], datetime | None]


class CloudbedsMapper:
    """What an ItemMapper has for bookings and guests alike."""

    __slots__ = ()
    property_paths: ClassVar[Sequence[tuple[str, ...]]] = PROPERTY_PATHS
    sensitive_fields: ClassVar[frozenset[str]] = CAPABILITIES.sensitive_fields


def as_instant(zone: ZoneInfo) -> values.Parse[datetime | None]:
    """A parser to aware UTC: a local time of `zone` (the first, if it occurs twice), or a time with
    its own offset. None for the zero date."""

    def parse_instant(value: Json, path: str) -> datetime | None:
        text = values.as_text(value, path)
        if text.startswith(ZERO_DAY):
            return None
        if len(text) > len("YYYY-MM-DD HH:MM:SS"):
            return values.as_instant(value, path)
        return local_instant(values.as_local_date_time(value, path), zone, path=path)

    return parse_instant


def read_time(
    read: ReadTime, key: str, zone: ZoneInfo, target: str = READ
) -> tuple[str, datetime] | None:
    """With its key; `read`: a method of the reader. The UTC field if present: the local time is
    ambiguous when the clocks go back."""
    for each, its_zone in ((f"{key}UTC", UTC_ZONE), (key, zone)):
        found = read(each, as_instant(its_zone), target)
        if found:
            return each, found
    return None


def as_day(value: Json, path: str) -> date | None:
    """The date of a date or a local time; None for the zero date."""
    text = values.as_text(value, path)
    if text.startswith(ZERO_DAY):
        return None
    if len(text) <= len("YYYY-MM-DD"):
        return values.as_local_date(value, path)
    return values.as_local_date_time(value, path).date()


def read_day(r: Reader, key: str, target: str) -> date:
    found = r.required(key, as_day, target)
    if found is None:
        raise UnreadableField(r.path_of(key), "bad_date", "a date that exists")
    return found


def keep_rounded_amount(r: Reader, key: str, money: Money, kept: ExtraFields, target: str) -> None:
    """Keeps the source number in `kept` if rounding changed it."""
    if Decimal(str(r.raw(key, target))) != money.amount:
        kept[r.extras_path(key)] = format_source_value(r, key, target)


def children(r: Reader, key: str, target: str, *, is_decisive: bool = False) -> list[Reader] | None:
    """The objects of a list or of a map's values; None if the key is missing. `is_decisive`: a
    value or an element of another type raises."""
    if key not in r:
        return None
    value = r.raw(key, target)
    if not value:
        return []
    if isinstance(value, dict):
        mapped = r.object(key)
        if is_decisive:
            return [mapped.object(each) for each in value]
        found = (mapped.optional_object(each) for each in value)
        return [child for child in found if child is not None]
    return r.objects(key) if is_decisive else r.optional_objects(key)


def amounts_by_day(r: Reader, key: str, target: str) -> Mapping[str, Json]:
    """A map from date to amount; empty if missing."""
    value = r.raw(key, target)
    if value is ABSENT or not value:
        return {}
    amounts = r.optional(key, as_object_by_day, target)
    return amounts or {}


def as_object_by_day(value: Json, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise UnreadableField(path, "wrong_type", "an object by date")
    return value


def format_source_value(r: Reader, key: str, target: str) -> str:
    """The JSON text of a field that is mapped to `target` and kept in the extras as well."""
    return dumps(r.required(key, as_raw, f"{target}, {EXTRAS}"))
