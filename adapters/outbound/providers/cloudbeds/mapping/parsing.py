"""The kit's reader, with what this vendor asks for.

Its rules, as its schemas and its samples show them: an empty string is the vendor's null; ids are
texts that older examples write as integers; numbers come as texts too; a map or list without
entries may come as `[]`, `{}`, `""` or null; a wall time without an offset is the property's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.tracked_object import as_raw
from domain.errors import InvalidField
from domain.values import ABSENT, Absent, Money

T = TypeVar("T")

_ZERO_DAY: Final = "0000-00-00"
"""MySQL's way to say that a date has no value."""


ExtraFields: TypeAlias = dict[str, str]
"""Path to JSON text of what has a home and is an extra as well."""


@dataclass(frozen=True, slots=True)
class CloudbedsEntry:
    """One item of a message and where it stood."""

    path: str
    value: Json

    def text(self) -> bytes:
        return dumps(self.value).encode()


def reader_for(value: Json, path: str = "") -> Reader:
    return Reader(value, path, blank_is_null=True)


def null_if_complete(value: T | Absent | None, *, is_complete: bool) -> T | Absent | None:
    """`whole`: in an answer that was asked with every option, what is missing is empty."""
    return None if is_complete and value is ABSENT else value


def as_id(value: Json, path: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return values.as_text(value, path)


def as_instant(zone: ZoneInfo) -> values.Parse[datetime | None]:
    """Aware UTC from a wall time of `zone`; one with an offset is taken by that. Of a wall time
    that came twice the first is meant. None for the vendor's zero date."""

    def instant(value: Json, path: str) -> datetime | None:
        text = values.as_text(value, path)
        if text.startswith(_ZERO_DAY):
            return None
        if len(text) > len("YYYY-MM-DD HH:MM:SS"):
            return values.as_instant(value, path)
        local = values.as_local_date_time(value, path)
        try:
            return local.replace(tzinfo=zone).astimezone(UTC)
        except OverflowError:
            raise UnreadableField(path, "bad_instant", "an instant that exists") from None

    return instant


def as_day(value: Json, path: str) -> date | None:
    """The calendar day of a date or a wall time."""
    text = values.as_text(value, path)
    if text.startswith(_ZERO_DAY):
        return None
    if len(text) <= len("YYYY-MM-DD"):
        return values.as_local_date(value, path)
    return values.as_local_date_time(value, path).date()


def read_day(r: Reader, key: str, target: str) -> date:
    found = r.required(key, as_day, target)
    if found is None:
        raise UnreadableField(r.path_of(key), "bad_date", "a date that exists")
    return found


def as_money(currency: str) -> values.Parse[Money]:
    """Rounded half to even to the currency's digits: the vendor stores unrounded shares."""

    def money(value: Json, path: str) -> Money:
        try:
            return Money.rounded(values.as_lenient_decimal(value, path), currency)
        except InvalidField as fault:
            raise UnreadableField(path, fault.code, f"money: {fault.fix}") from None

    return money


def keep_rounded_amount(r: Reader, key: str, money: Money, kept: ExtraFields, target: str) -> None:
    """The vendor's own number, where rounding changed it."""
    if Decimal(str(r.raw(key, target))) != money.amount:
        kept[r.path_of(key)] = format_source_value(r, key, target)


def children(r: Reader, key: str, target: str) -> list[Reader] | None:
    """The objects of a list or of a map; None where the key was not sent."""
    if key not in r:
        return None
    value = r.raw(key, target)
    if not value:
        return []
    if isinstance(value, dict):
        mapped = r.object(key)
        return [mapped.object(each) for each in value]
    return r.objects(key)


def amounts_by_day(r: Reader, key: str, target: str) -> Mapping[str, Json]:
    """A map from a date to an amount; empty where there is none."""
    value = r.raw(key, target)
    if value is ABSENT or not value:
        return {}
    if not isinstance(value, dict):
        raise UnreadableField(r.path_of(key), "wrong_type", "an object by date")
    return value


def format_source_value(r: Reader, key: str, target: str) -> str:
    """The field's own text, for the extras, when it also has a home."""
    return dumps(r.required(key, as_raw, f"{target}, {EXTRAS}"))
