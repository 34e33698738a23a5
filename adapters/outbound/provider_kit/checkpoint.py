"""Where a pull stands, as text. It survives the process that wrote it, and a newer version."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from adapters.outbound.provider_kit.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.reader import Reader

P = TypeVar("P")


def written(version: int, said: Mapping[str, Json]) -> str:
    """What is None is left out."""
    return dumps({"format": version, **{k: v for k, v in said.items() if v is not None}})


def position_in(text: str | None, version: int, read: Callable[[Reader], P]) -> P | None:
    """None where there is none, or where another version wrote it: the run begins anew."""
    if text is None:
        return None
    try:
        r = Reader(loads(text), blank_is_null=True)
        return read(r) if r.integer("format") == version else None
    except (UnreadableJson, UnreadableField):
        return None


def instant_in(cursor: str | None) -> datetime | None:
    """None where there is no cursor, or none of ours: everything is read then."""
    try:
        instant = datetime.fromisoformat(cursor or "")
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else None


def utc_text(instant: datetime) -> str:
    """In whole seconds, rounded down."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
