"""Where a pull stands, as text. It survives the process that wrote it."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.json_text import Json, dumps, loads
from adapters.outbound.providers.cloudbeds.reading import opened

FORMAT: Final = 1


class Phase(StrEnum):
    RECORDS = "records"
    STAYS = "stays"
    GUESTS = "guests"
    CHANGES = "changes"
    CHANGED_GUESTS = "changed-guests"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`since`: from where changes are read. `newest`: the latest change that was seen when they
    were begun to be read, by the provider's clock; the next delta's cursor. `day`: where the window
    begins that is being read, None at a phase's beginning; `page`: the next one to ask for."""

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
            "newest": instant_text(self.newest),
            "since": instant_text(self.since),
            "page": self.page,
        }
        if self.day is not None:
            said["day"] = self.day.isoformat()
        return dumps(said)


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


def cursor_of(text: str | None) -> datetime | None:
    """None where there is no cursor, or none of ours: everything is read then."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else None


def instant_text(instant: datetime) -> str:
    """The vendor's clock has whole seconds; rounded down."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
