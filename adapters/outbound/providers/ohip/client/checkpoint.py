"""Where a pull stands, as text. It survives the process that wrote it."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.http.checkpoint import decode_checkpoint, encode_checkpoint
from adapters.outbound.provider_kit.parsing.reader import Reader

FORMAT: Final = 1


class OhipPhase(StrEnum):
    EVENTS = "events"
    DAYS = "days"
    STAYS = "stays"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class OhipCheckpoint:
    """`today`: the business date when the run began, in the end the next delta's cursor; `since`:
    the last delta's. `step`: the question of the phase that is being asked, or how many calls took
    events; `offset`: into its answer; `last`: the id of the last reservation that was read there.
    """

    phase: OhipPhase
    today: date
    since: date
    step: int = 0
    offset: int = 0
    last: str | None = None

    def at(self, phase: OhipPhase) -> "OhipCheckpoint":
        return replace(self, phase=phase, step=0, offset=0, last=None)

    def next_step(self) -> "OhipCheckpoint":
        return replace(self, step=self.step + 1, offset=0, last=None)

    def text(self) -> str:
        fields = {
            "phase": self.phase.value,
            "today": self.today.isoformat(),
            "since": self.since.isoformat(),
            "step": self.step,
            "offset": self.offset,
            "last": self.last,
        }
        return encode_checkpoint(FORMAT, fields)


def parse_checkpoint(text: str | None) -> OhipCheckpoint | None:
    return decode_checkpoint(text, FORMAT, _read)


def _read(r: Reader) -> OhipCheckpoint:
    return OhipCheckpoint(
        phase=r.choice("phase", {phase.value: phase for phase in OhipPhase}),
        today=r.local_date("today"),
        since=r.local_date("since"),
        step=r.integer("step"),
        offset=r.integer("offset"),
        last=r.optional_text("last"),
    )


def parse_cursor(text: str | None) -> date | None:
    """None where there is no cursor, or none of ours: everything is read then."""
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        return None
