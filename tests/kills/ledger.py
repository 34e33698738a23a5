"""What partners sent and what was acknowledged, in a file: the first phase of the verification."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.process_installation import booking


@dataclass(frozen=True, slots=True)
class Write:
    """One version of one booking. All hotels use the same external ids."""

    hotel: str
    external_id: str
    version: int

    @property
    def mark(self) -> str:
        """Stored as the confirmation number: names hotel, booking and version."""
        return f"{self.hotel}/{self.external_id}/{self.version}"

    def payload(self) -> dict[str, Any]:
        return booking(self.external_id, version=self.version) | {"confirmation_number": self.mark}


@dataclass(slots=True)
class BookingWrites:
    """The versions of one booking. `acknowledged`: the newest; 0 for none."""

    sent: set[int] = field(default_factory=set)
    acknowledged: int = 0


class WriteLedger:
    """A line per write that is about to be sent, and one per write that was acknowledged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def sent(self, writes: Iterable[Write]) -> None:
        self._append("sent", writes)

    def acknowledged(self, writes: Iterable[Write]) -> None:
        self._append("acknowledged", writes)

    def close(self) -> None:
        self._file.close()

    def _append(self, what: str, writes: Iterable[Write]) -> None:
        lines = [json.dumps([what, w.hotel, w.external_id, w.version]) + "\n" for w in writes]
        with self._lock:
            self._file.writelines(lines)
            self._file.flush()


def read_ledger(path: Path) -> Mapping[tuple[str, str], BookingWrites]:
    """By hotel and external id."""
    bookings: defaultdict[tuple[str, str], BookingWrites] = defaultdict(BookingWrites)
    for line in path.read_text(encoding="utf-8").splitlines():
        what, hotel, external_id, version = json.loads(line)
        writes = bookings[hotel, external_id]
        if what == "sent":
            writes.sent.add(version)
        else:
            writes.acknowledged = max(writes.acknowledged, version)
    return bookings
