"""Conversions between domain values and column values; both engines use the same plain types."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import orjson

from domain.values import Money

Row = tuple[Any, ...]
"""One row's values in the order of the model's columns: text, integer, boolean (0 and 1 from
SQLite), bytes, None. Ids and dates are text."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS_A_DAY: Final = 86_400_000_000
MAX_SEARCH_KEY_LENGTH: Final = 300
"""An index entry in PostgreSQL has at most 2,704 bytes."""


def micros_from_instant(instant: datetime) -> int:
    elapsed = instant - _EPOCH
    return elapsed.days * _MICROSECONDS_A_DAY + elapsed.seconds * 1_000_000 + elapsed.microseconds


def instant_from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


@lru_cache(maxsize=1_024)
def shared_instant(micros: int) -> datetime:
    """`instant_from_micros` for instants that the rows of a page have in common."""
    return instant_from_micros(micros)


def optional_micros(instant: datetime | None) -> int | None:
    return None if instant is None else micros_from_instant(instant)


def optional_instant(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def optional_money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor, currency)


def optional_bool(value: int | None) -> bool | None:
    """SQLite has integers."""
    return None if value is None else bool(value)


def money_columns(money: Money | None) -> tuple[int | None, str | None]:
    return (None, None) if money is None else (money.minor, money.currency)


def json_text(value: Any) -> str:
    """Lone surrogates, which JSON allows and UTF-8 does not, are written as escapes."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"))


def json_row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Ids and instants as columns have them, without None: an object of `Session.given`."""
    return {
        name: _PLAIN[type(value)](value) if type(value) in _PLAIN else value
        for name, value in values.items()
        if value is not None
    }


_PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {
    UUID: attrgetter("hex"),
    datetime: micros_from_instant,
}


def from_json_text(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def sanitize_text(text: str) -> str:
    """Without what no text column holds: NUL in PostgreSQL, lone surrogates in UTF-8."""
    if text.isprintable():
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def optional_text(text: str | None) -> str | None:
    return None if text is None else sanitize_text(text)


def search_key(text: str | None) -> str | None:
    """A copy to filter by, shortened with a hash where it is long."""
    if text is None:
        return None
    text = sanitize_text(text)
    if len(text) <= MAX_SEARCH_KEY_LENGTH:
        return text
    return text[: MAX_SEARCH_KEY_LENGTH - 100] + hashlib.sha256(text.encode()).hexdigest()


def email_search_key(email: str | None) -> str | None:
    """Case-insensitive, without blanks around."""
    return None if email is None else search_key(email.strip().casefold())
