"""Where a pull stands, as text. It survives the process that wrote it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.checkpoint import position_in, utc_text, written
from adapters.outbound.provider_kit.reader import Reader

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
        said = {
            "phase": self.phase.value,
            "newest": utc_text(self.newest),
            "since": utc_text(self.since),
            "day": self.day.isoformat() if self.day else None,
            "page": self.page,
        }
        return written(FORMAT, said)


def position_of(text: str | None) -> Position | None:
    return position_in(text, FORMAT, _read)


def _read(r: Reader) -> Position:
    return Position(
        phase=r.choice("phase", {phase.value: phase for phase in Phase}),
        newest=r.instant("newest"),
        since=r.instant("since"),
        day=r.optional_local_date("day"),
        page=r.integer("page"),
    )
