"""Where a pull stands, as text. It survives the process that wrote it."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.json_text import Json, dumps, loads
from adapters.outbound.providers.apaleo.reading import opened

FORMAT: Final = 1


class Phase(StrEnum):
    RECORDS = "records"
    STAYS = "stays"
    CHANGES = "changes"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`newest`: the latest change that was read, by the provider's clock, and in the end the next
    delta's cursor. `since`: from where changes are read; it follows them. `day`: of the window of
    stays that is being read, None where the phase begins; `page`: the next one to ask for."""

    phase: Phase
    newest: datetime
    since: datetime
    day: date | None = None
    page: int = 1

    def at(self, phase: Phase) -> "Position":
        return replace(self, phase=phase, day=None, page=1)

    def text(self) -> str:
        said: dict[str, Json] = {
            "format": FORMAT,
            "phase": self.phase.value,
            "newest": utc_text(self.newest),
            "since": utc_text(self.since),
            "day": self.day.isoformat() if self.day else None,
            "page": self.page,
        }
        return dumps({key: value for key, value in said.items() if value is not None})


def position_of(text: str | None) -> Position | None:
    """None where there is none, or where another version wrote it: the run begins anew."""
    if text is None:
        return None
    try:
        r = opened(loads(text))
        if r.integer("format") != FORMAT:
            return None
        return Position(
            phase=r.choice("phase", {phase.value: phase for phase in Phase}),
            newest=r.instant("newest"),
            since=r.instant("since"),
            day=r.optional_local_date("day"),
            page=r.integer("page"),
        )
    except (UnreadableJson, UnreadableField):
        return None


def utc_text(instant: datetime) -> str:
    """Without a fraction: the API takes none. Rounded down."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
