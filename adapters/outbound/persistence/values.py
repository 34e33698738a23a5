"""Values as they cross to the database: the same plain types for both engines."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from domain.values import Money

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS_A_DAY: Final = 86_400_000_000
MAX_SEARCHABLE: Final = 300
"""A PostgreSQL index entry has room for 2,704 bytes."""


def micros_of(instant: datetime) -> int:
    gap = instant - _EPOCH
    return gap.days * _MICROSECONDS_A_DAY + gap.seconds * 1_000_000 + gap.microseconds


def instant_of(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def optional_micros(instant: datetime | None) -> int | None:
    return None if instant is None else micros_of(instant)


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


def storable(text: str) -> str:
    """As a text column takes it: PostgreSQL has no NUL, UTF-8 no lone surrogate."""
    if text.isprintable():
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def optional_storable(text: str | None) -> str | None:
    return None if text is None else storable(text)


def searchable(text: str | None) -> str | None:
    """A copy to filter by: equal texts give equal copies, different ones different ones."""
    if text is None:
        return None
    text = storable(text)
    if len(text) <= MAX_SEARCHABLE:
        return text
    return text[: MAX_SEARCHABLE - 100] + hashlib.sha256(text.encode()).hexdigest()


def searchable_email(email: str | None) -> str | None:
    """Without case."""
    return None if email is None else searchable(email.casefold())
