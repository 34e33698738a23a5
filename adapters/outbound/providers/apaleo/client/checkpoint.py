"""Where a pull stands, as text. It survives the process that wrote it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.http.checkpoint import (
    decode_checkpoint,
    encode_checkpoint,
    format_utc_seconds,
)
from adapters.outbound.provider_kit.parsing.reader import Reader

FORMAT: Final = 1


class ApaleoPhase(StrEnum):
    RECORDS = "records"
    STAYS = "stays"
    CHANGES = "changes"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApaleoCheckpoint:
    """`newest`: the latest change that was read, by the provider's clock, and in the end the next
    delta's cursor. `since`: from where changes are read; it follows them. `day`: of the window of
    stays that is being read, None where the phase begins; `page`: the next one to ask for."""

    phase: ApaleoPhase
    newest: datetime
    since: datetime
    day: date | None = None
    page: int = 1

    def at(self, phase: ApaleoPhase) -> "ApaleoCheckpoint":
        return replace(self, phase=phase, day=None, page=1)

    def text(self) -> str:
        fields = {
            "phase": self.phase.value,
            "newest": format_utc_seconds(self.newest),
            "since": format_utc_seconds(self.since),
            "day": self.day.isoformat() if self.day else None,
            "page": self.page,
        }
        return encode_checkpoint(FORMAT, fields)


def parse_checkpoint(text: str | None) -> ApaleoCheckpoint | None:
    return decode_checkpoint(text, FORMAT, _read)


def _read(r: Reader) -> ApaleoCheckpoint:
    return ApaleoCheckpoint(
        phase=r.choice("phase", {phase.value: phase for phase in ApaleoPhase}),
        newest=r.instant("newest"),
        since=r.instant("since"),
        day=r.optional_local_date("day"),
        page=r.integer("page"),
    )
