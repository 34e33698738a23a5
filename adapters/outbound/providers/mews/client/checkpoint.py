"""Where a pull stands, as text: phase, window, cursor. It survives the process that wrote it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.http.checkpoint import (
    decode_checkpoint,
    encode_checkpoint,
    format_utc_seconds,
)
from adapters.outbound.provider_kit.parsing.reader import Reader

FORMAT: Final = 1
_SHORTEST_WINDOW: Final = timedelta(minutes=1)


class MewsPhase(StrEnum):
    RECORDS = "records"
    STAYS = "stays"
    CHANGES = "changes"
    CUSTOMERS = "customers"
    CHARGES = "charges"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class MewsCheckpoint:
    """`until`: the provider's clock when the run began, and the next delta's cursor.

    `start` and `end` are of the window that is being read; `start` is None where the phase begins,
    `end` where the next window is not opened yet. `below` is how far down the window was read.
    """

    until: datetime
    phase: MewsPhase
    start: datetime | None = None
    end: datetime | None = None
    below: datetime | None = None
    cursor: str | None = None

    def at(self, phase: MewsPhase) -> "MewsCheckpoint":
        return MewsCheckpoint(until=self.until, phase=phase)

    def with_window(self, start: datetime, end: datetime | None) -> "MewsCheckpoint":
        return replace(self, start=start, end=end, below=None, cursor=None)

    def with_cursor(self, below: datetime | None, cursor: str | None) -> "MewsCheckpoint":
        return replace(self, below=below, cursor=cursor)

    def text(self) -> str:
        fields = {
            "until": format_utc_seconds(self.until),
            "phase": self.phase.value,
            "start": format_utc_seconds(self.start) if self.start else None,
            "end": format_utc_seconds(self.end) if self.end else None,
            "below": format_utc_seconds(self.below) if self.below else None,
            "cursor": self.cursor,
        }
        return encode_checkpoint(FORMAT, fields)


def parse_checkpoint(text: str | None) -> MewsCheckpoint | None:
    return decode_checkpoint(text, FORMAT, _read)


def _read(r: Reader) -> MewsCheckpoint:
    return MewsCheckpoint(
        until=r.instant("until"),
        phase=r.choice("phase", {phase.value: phase for phase in MewsPhase}),
        start=r.optional_instant("start"),
        end=r.optional_instant("end"),
        below=r.optional_instant("below"),
        cursor=r.optional_text("cursor"),
    )


def window_midpoint(start: datetime, end: datetime) -> datetime | None:
    """To the second; None where the window can't be cut any more."""
    half = timedelta(seconds=int((end - start).total_seconds()) // 2)
    return start + half if half >= _SHORTEST_WINDOW else None
