"""Where a pull resumes, as JSON text that is stored after every page.

A text outlives the process that wrote it, and is read by later versions.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Self, TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.parsing.reader import Reader

FORMAT: Final = 1
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Subclasses add fields, of a type in `_READERS`. A field without a default lasts for the whole
    run; the others start again with every phase."""

    phase: str

    def at(self, phase: str) -> Self:
        defaults = {f.name: f.default for f in fields(self) if f.default is not MISSING}
        return replace(self, phase=phase, **defaults)

    def text(self) -> str:
        values = {f.name: _to_json(getattr(self, f.name)) for f in fields(self)}
        return dumps({"format": FORMAT, **{k: v for k, v in values.items() if v is not None}})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesCheckpoint(Checkpoint):
    """`since`: changes are read from here on; None reads all. `newest`: the latest change read,
    by the provider's clock; it becomes the next delta's cursor. `day`: where the window that is
    being read starts; None before the phase's first window."""

    since: datetime | None
    newest: datetime | None
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedCheckpoint(ChangesCheckpoint):
    """`page`: the number of the next page to request."""

    since: datetime
    newest: datetime
    page: int = 1


C = TypeVar("C", bound=Checkpoint)


def parse_checkpoint(kind: type[C], text: str | None) -> C | None:
    """None for no text and for one of another format: the run starts again."""
    if text is None:
        return None
    try:
        r = Reader(loads(text), blank_is_null=True)
        if r.integer("format") != FORMAT:
            return None
        values = {f.name: _READERS[f.type](r, f.name) for f in fields(kind) if _is_read(f, r)}
    except (UnreadableJson, UnreadableField):
        return None
    return kind(**values)


def _is_read(field: Field[Any], r: Reader) -> bool:
    return field.default is MISSING or field.name in r


_READERS: Final[Mapping[object, Callable[[Reader, str], Any]]] = {
    str: Reader.text,
    str | None: Reader.optional_text,
    int: Reader.integer,
    date: Reader.local_date,
    date | None: Reader.optional_local_date,
    datetime: Reader.instant,
    datetime | None: Reader.optional_instant,
}


def _to_json(value: Json | date) -> Json:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def initial_newest(newest_change: datetime | None, now: datetime) -> datetime:
    """Where changes start without a cursor: at the newest change at the provider, so that only the
    provider's clock counts; yesterday if nothing was ever booked."""
    return min(newest_change or now - _ONE_DAY, now)


def latest_change(newest: datetime, changed_at: datetime | None, now: datetime) -> datetime:
    """Never after `now`: one change with a future timestamp would hide all changes until then."""
    return newest if changed_at is None else max(newest, min(changed_at, now))


def parse_cursor_instant(cursor: str | None) -> datetime | None:
    """None for no cursor and for an unreadable one: everything is read."""
    try:
        instant = datetime.fromisoformat(cursor or "")
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else None


def format_utc_seconds(instant: datetime) -> str:
    """In whole seconds, rounded down."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
