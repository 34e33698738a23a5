"""The machine's clock, for the installed plug-in; tests and the composition root bring theirs."""

import time
from datetime import UTC, datetime


class MachineClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
