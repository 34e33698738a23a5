"""A rate budget within one process, for installations without Redis."""

from collections import defaultdict, deque
from threading import Lock
from uuid import UUID

from ports.system import Clock


class InProcessRateBudget:
    """ports.providers.RateBudget: at most `limit` requests in any `window_seconds`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: defaultdict[UUID, deque[float]] = defaultdict(deque)
        self._lock = Lock()

    def reserve(self, connection_id: UUID, *, limit: int, window_seconds: float) -> float:
        with self._lock:
            now = self._clock.monotonic()
            sent = self._sent[connection_id]
            while sent and now - sent[0] >= window_seconds:
                sent.popleft()
            if len(sent) < limit:
                sent.append(now)
                return 0.0
            return window_seconds - (now - sent[0])
