"""Circuit breaker for one connection's provider API."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

BREAKER_THRESHOLD: Final = 3
BREAKER_BASE: Final = timedelta(minutes=1)
BREAKER_CAP: Final = timedelta(hours=1)


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Opens at the BREAKER_THRESHOLD-th failure in a row and lets one trial through after each
    pause. Pauses double with every further failure, from BREAKER_BASE to BREAKER_CAP.
    """

    failures: int = 0
    retry_at: datetime | None = None

    def state(self, now: datetime) -> BreakerState:
        if self.retry_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.retry_at else BreakerState.HALF_OPEN

    def failed(self, now: datetime) -> "Breaker":
        failures = self.failures + 1
        if failures < BREAKER_THRESHOLD:
            return Breaker(failures=failures)
        pause = min(BREAKER_CAP, BREAKER_BASE * 2 ** min(failures - BREAKER_THRESHOLD, 10))
        return Breaker(failures=failures, retry_at=now + pause)
