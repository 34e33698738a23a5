"""What a simulated hotel lived, a line per step: its life is the seed's, so steps are enough."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Lived:
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

    def note(self, lived: Lived) -> None:
        if self._path is None or lived == Lived(0, 0, 0):
            return
        with self._path.open("a", encoding="ascii") as file:
            file.write(json.dumps(asdict(lived)) + "\n")

    def read(self) -> list[Lived]:
        """A last line that a crash cut off was not lived; it is removed."""
        if self._path is None or not self._path.exists():
            return []
        whole, _, rest = self._path.read_text(encoding="ascii").rpartition("\n")
        if rest:
            self._path.write_text(f"{whole}\n" if whole else "", encoding="ascii")
        return [Lived(**json.loads(line)) for line in whole.split("\n") if line]
