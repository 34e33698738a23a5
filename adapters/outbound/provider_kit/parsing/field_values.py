"""Parsers of single JSON values; each raises UnreadableField.

Nothing is coerced, except by the `lenient` parsers: they are for providers that send numbers and
booleans as strings.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json

T = TypeVar("T")
Parse: TypeAlias = Callable[[Json, str], T]
"""Takes the value, and its path for the error."""

MAX_TEXT_LENGTH: Final = 65_536
"""Of one field; real notes stay far below, and no read returns more than a few hundred of these."""

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,18}")
_AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(?:[.,]([0-9]{1,18}))?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)"
)
_BOOLEANS: Final[dict[str, bool]] = {"true": True, "false": False, "1": True, "0": False}


def as_text(value: Json, path: str) -> str:
    if not isinstance(value, str):
        raise UnreadableField(path, "wrong_type", "text")
    if len(value) > MAX_TEXT_LENGTH:
        expected = f"a text of at most {MAX_TEXT_LENGTH:,} characters"
        raise UnreadableField(path, "text_too_long", expected)
    if "\0" in value or (not value.isascii() and _LONE_SURROGATE.search(value)):
        raise UnreadableField(path, "bad_text", "text without NUL and lone surrogates")
    return value


def as_choice(mapping: Mapping[str, T]) -> Parse[T]:
    """Raises UnreadableField (unknown_value) for a text that is not in `mapping`."""

    def parse_choice(value: Json, path: str) -> T:
        text = as_text(value, path)
        if text not in mapping:
            raise UnreadableField(path, "unknown_value", "a documented value", found=text)
        return mapping[text]

    return parse_choice


def as_id(value: Json, path: str) -> str:
    """An id that the provider sends as text or as an integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return as_text(value, path)


def as_integer(value: Json, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise UnreadableField(path, "wrong_type", "an integer")


def as_lenient_integer(value: Json, path: str) -> int:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return as_integer(value, path)


def integer_between(minimum: int, maximum: int) -> Parse[int]:
    """Also of an integer sent as text."""

    def parse_number(value: Json, path: str) -> int:
        number = as_lenient_integer(value, path)
        if not minimum <= number <= maximum:
            raise UnreadableField(path, "bad_count", f"a number from {minimum} to {maximum}")
        return number

    return parse_number


as_person_count: Final = integer_between(0, 9_999)
as_age: Final = integer_between(0, 120)


def as_decimal(value: Json, path: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise UnreadableField(path, "wrong_type", "a number")


def as_lenient_decimal(value: Json, path: str) -> Decimal:
    if not isinstance(value, str):
        return as_decimal(value, path)
    if not _AMOUNT.fullmatch(value):
        raise UnreadableField(path, "bad_amount", "a number as text, with a point, without groups")
    return Decimal(value)


def as_boolean(value: Json, path: str) -> bool:
    if isinstance(value, bool):
        return value
    raise UnreadableField(path, "wrong_type", "true or false")


def as_lenient_boolean(value: Json, path: str) -> bool:
    if isinstance(value, str | int) and (known := _BOOLEANS.get(str(value).lower())) is not None:
        return known
    return as_boolean(value, path)


def as_precise_instant(value: Json, path: str) -> tuple[datetime, int]:
    """ISO 8601 with a UTC offset, to UTC and the nanoseconds (0 to 999) below the microsecond;
    further digits are truncated."""
    match = _INSTANT.fullmatch(as_text(value, path))
    if match is None:
        raise UnreadableField(path, "bad_instant", "an ISO 8601 instant with its UTC offset")
    day, clock, digits, offset = match.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}")
        instant = local if local.tzinfo is UTC else local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableField(path, "bad_instant", "an instant that exists") from None
    if not digits:
        return instant, 0
    fraction = digits.ljust(9, "0")
    return instant.replace(microsecond=int(fraction[:6])), int(fraction[6:9])


def as_instant(value: Json, path: str) -> datetime:
    return as_precise_instant(value, path)[0]


def _iso_parser(
    pattern: re.Pattern[str], parse: Callable[[str], T], expected: str, existing: str
) -> Parse[T]:
    def parse_iso(value: Json, path: str) -> T:
        text = as_text(value, path)
        if not pattern.fullmatch(text):
            raise UnreadableField(path, "bad_date", expected)
        try:
            return parse(text)
        except ValueError:
            raise UnreadableField(path, "bad_date", existing) from None

    return parse_iso


as_local_date: Final = _iso_parser(
    _DATE, date.fromisoformat, "a date as YYYY-MM-DD", "a date that exists"
)
as_local_date_time: Final = _iso_parser(
    _LOCAL,
    datetime.fromisoformat,
    "a local date and time without an offset",
    "a date and time that exist",
)
"""Naive: a local time, which the caller combines with the hotel's zone."""
