"""A vendor's request limit, as the vendor counts it."""

import threading
import time
from collections import deque
from collections.abc import Callable
from math import ceil


class SimulatorRateLimit:
    """At most `requests` per key (a token, a property) in any `seconds`. None: no limit."""

    def __init__(
        self,
        requests: int | None,
        seconds: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests = requests
        self._seconds = seconds
        self._monotonic = monotonic
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_seconds(self, key: str) -> int:
        """0 if the request is counted and allowed, else the seconds to wait."""
        if self._requests is None:
            return 0
        with self._lock:
            now = self._monotonic()
            seen = self._seen.setdefault(key, deque())
            while seen and seen[0] <= now - self._seconds:
                seen.popleft()
            if len(seen) >= self._requests:
                return max(1, ceil(seen[0] + self._seconds - now))
            seen.append(now)
            return 0
