"""Values as they cross to the database: the same plain types for both engines."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from domain.values import Money

Row = tuple[Any, ...]
"""One row's values in a model's column order, as both drivers take and give them: text, integer,
boolean (0 and 1 from SQLite), bytes, None. Ids and dates are text."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS_A_DAY: Final = 86_400_000_000
MAX_SEARCH_KEY_LENGTH: Final = 300
"""A PostgreSQL index entry has room for 2,704 bytes."""


def micros_from_instant(instant: datetime) -> int:
    elapsed = instant - _EPOCH
    return elapsed.days * _MICROSECONDS_A_DAY + elapsed.seconds * 1_000_000 + elapsed.microseconds


def instant_from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def optional_micros(instant: datetime | None) -> int | None:
    return None if instant is None else micros_from_instant(instant)


def optional_instant(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def optional_money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor, currency)


def json_text(value: Any) -> str:
    """Lone surrogates, which JSON can carry and UTF-8 can't, stay as their escapes."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"))


def from_json_text(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def sanitize_text(text: str) -> str:
    """As a text column takes it: PostgreSQL has no NUL, UTF-8 no lone surrogate."""
    if text.isprintable():
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def optional_text(text: str | None) -> str | None:
    return None if text is None else sanitize_text(text)


def search_key(text: str | None) -> str | None:
    """A copy to filter by: equal texts give equal copies, different ones different ones."""
    if text is None:
        return None
    text = sanitize_text(text)
    if len(text) <= MAX_SEARCH_KEY_LENGTH:
        return text
    return text[: MAX_SEARCH_KEY_LENGTH - 100] + hashlib.sha256(text.encode()).hexdigest()


def email_search_key(email: str | None) -> str | None:
    """Without case."""
    return None if email is None else search_key(email.casefold())
