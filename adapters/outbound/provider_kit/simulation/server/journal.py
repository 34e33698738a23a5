"""The steps of a simulated hotel, one a line. Activity is deterministic, so replaying them is
enough."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.outbound.private_files import open_private


@dataclass(frozen=True, slots=True)
class JournalStep:
    """First the clock moves on by `seconds`, then whole `days` pass, then single `events`."""

    seconds: int
    days: int
    events: int


class Journal:
    """A step is appended before it runs: one that a crash interrupts is run again.

    Without a path nothing is recorded.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def append(self, step: JournalStep) -> None:
        if self._path is None or step == JournalStep(0, 0, 0):
            return
        with open(self._path, "a", encoding="ascii", opener=open_private) as file:
            file.write(json.dumps(asdict(step)) + "\n")

    def read(self) -> list[JournalStep]:
        """Removes a last line that a crash cut off: its step was not run."""
        if self._path is None or not self._path.exists():
            return []
        complete_lines, _, partial_line = self._path.read_text(encoding="ascii").rpartition("\n")
        if partial_line:
            self._path.write_text(f"{complete_lines}\n" if complete_lines else "", encoding="ascii")
        return [JournalStep(**json.loads(line)) for line in complete_lines.split("\n") if line]
