"""What a simulated hotel lived, a line per step: its life is the seed's, so steps are enough."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class JournalStep:
    """First the clock moves on by `seconds`, then whole `days` pass, then single `events`."""

    seconds: int
    days: int
    events: int


class Journal:
    """Written before the step is lived: a step that nobody saw may be lived again, none is lost.

    Without a path nothing is remembered.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def append(self, step: JournalStep) -> None:
        if self._path is None or step == JournalStep(0, 0, 0):
            return
        with self._path.open("a", encoding="ascii") as file:
            file.write(json.dumps(asdict(step)) + "\n")

    def read(self) -> list[JournalStep]:
        """A last line that a crash cut off was not lived; it is removed."""
        if self._path is None or not self._path.exists():
            return []
        complete_lines, _, partial_line = self._path.read_text(encoding="ascii").rpartition("\n")
        if partial_line:
            self._path.write_text(f"{complete_lines}\n" if complete_lines else "", encoding="ascii")
        return [JournalStep(**json.loads(line)) for line in complete_lines.split("\n") if line]
