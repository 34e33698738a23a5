"""A clock and a random source that tests control."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

START: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FrozenClock:
    """Simulated: sleeping advances it and returns at once; `slept` records the durations.
    `own_skew`: by how much the machine's own clock is ahead."""

    def __init__(self, at: datetime = START) -> None:
        self._now = at
        self._monotonic = 0.0
        self._lock = Lock()
        self.slept: list[float] = []
        self.own_skew = timedelta(0)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def skew(self) -> timedelta:
        return self.own_skew

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self._now += by
            self._monotonic += by.total_seconds()

    def set(self, at: datetime) -> None:
        """Also backwards; does not affect the monotonic clock."""
        self._now = at


class ScriptedRandomness:
    """Returns a fixed fraction and numbered secrets."""

    def __init__(self, fraction: float = 0.0) -> None:
        self._fraction = fraction
        self._secrets: Iterator[str] = (f"secret-{n:036d}" for n in range(1, 10**9))

    def fraction(self) -> float:
        return self._fraction

    def secret(self) -> str:
        return next(self._secrets)
