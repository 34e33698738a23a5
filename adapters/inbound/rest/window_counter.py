"""Counts within fixed windows of a minute, in this process."""

from datetime import datetime
from math import ceil, inf
from typing import Final, Generic, TypeVar

K = TypeVar("K")

WINDOW_SECONDS: Final = 60


def window_at(now: datetime) -> tuple[int, int]:
    """The number of the window, and the seconds until its end (1 to WINDOW_SECONDS)."""
    window, elapsed = divmod(now.timestamp(), WINDOW_SECONDS)
    return int(window), ceil(WINDOW_SECONDS - elapsed)


class WindowCounter(Generic[K]):
    """`max_keys`: where strangers choose the keys, as their addresses; then it starts anew."""

    def __init__(self, *, max_keys: float = inf) -> None:
        self._max_keys = max_keys
        self._window = 0
        self._counts: dict[K, int] = {}

    def count(self, key: K, window: int) -> int:
        return self._counts.get(key, 0) if window == self._window else 0

    def increment(self, key: K, window: int, units: int = 1) -> int:
        if window != self._window or len(self._counts) >= self._max_keys:
            self._window, self._counts = window, {}
        self._counts[key] = count = self._counts.get(key, 0) + units
        return count
