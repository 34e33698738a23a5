"""Where a pull stands, as text. It survives the process that wrote it, and a newer version."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.parsing.reader import Reader

P = TypeVar("P")


def encode_checkpoint(version: int, fields: Mapping[str, Json]) -> str:
    """What is None is left out."""
    return dumps({"format": version, **{k: v for k, v in fields.items() if v is not None}})


def decode_checkpoint(text: str | None, version: int, read: Callable[[Reader], P]) -> P | None:
    """None where there is none, or where another version wrote it: the run begins anew."""
    if text is None:
        return None
    try:
        r = Reader(loads(text), blank_is_null=True)
        return read(r) if r.integer("format") == version else None
    except (UnreadableJson, UnreadableField):
        return None


def parse_cursor_instant(cursor: str | None) -> datetime | None:
    """None where there is no cursor, or none of ours: everything is read then."""
    try:
        instant = datetime.fromisoformat(cursor or "")
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else None


def format_utc_seconds(instant: datetime) -> str:
    """In whole seconds, rounded down."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
