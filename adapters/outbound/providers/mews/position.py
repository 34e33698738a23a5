"""Where a pull stands, as text: phase, window, cursor. It survives the process that wrote it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.checkpoint import position_in, utc_text, written
from adapters.outbound.provider_kit.reader import Reader

FORMAT: Final = 1
_SHORTEST_WINDOW: Final = timedelta(minutes=1)


class Phase(StrEnum):
    RECORDS = "records"
    STAYS = "stays"
    CHANGES = "changes"
    CUSTOMERS = "customers"
    CHARGES = "charges"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`until`: the provider's clock when the run began, and the next delta's cursor.

    `start` and `end` are of the window that is being read; `start` is None where the phase begins,
    `end` where the next window is not opened yet. `below` is how far down the window was read.
    """

    until: datetime
    phase: Phase
    start: datetime | None = None
    end: datetime | None = None
    below: datetime | None = None
    cursor: str | None = None

    def at(self, phase: Phase) -> "Position":
        return Position(until=self.until, phase=phase)

    def opened(self, start: datetime, end: datetime | None) -> "Position":
        return replace(self, start=start, end=end, below=None, cursor=None)

    def further(self, below: datetime | None, cursor: str | None) -> "Position":
        return replace(self, below=below, cursor=cursor)

    def text(self) -> str:
        said = {
            "until": utc_text(self.until),
            "phase": self.phase.value,
            "start": utc_text(self.start) if self.start else None,
            "end": utc_text(self.end) if self.end else None,
            "below": utc_text(self.below) if self.below else None,
            "cursor": self.cursor,
        }
        return written(FORMAT, said)


def position_of(text: str | None) -> Position | None:
    return position_in(text, FORMAT, _read)


def _read(r: Reader) -> Position:
    return Position(
        until=r.instant("until"),
        phase=r.choice("phase", {phase.value: phase for phase in Phase}),
        start=r.optional_instant("start"),
        end=r.optional_instant("end"),
        below=r.optional_instant("below"),
        cursor=r.optional_text("cursor"),
    )


def half_way(start: datetime, end: datetime) -> datetime | None:
    """To the second; None where the window can't be cut any more."""
    half = timedelta(seconds=int((end - start).total_seconds()) // 2)
    return start + half if half >= _SHORTEST_WINDOW else None
