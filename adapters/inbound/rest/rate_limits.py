"""Rate limit per token and minute, shared by all processes.

Headers as in draft-ietf-httpapi-ratelimit-headers. While the store is unreachable, each process
counts for itself.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from limits.errors import StorageError
from limits.storage import Storage, storage_from_string

from adapters.inbound.rest.problems import RateExceeded
from adapters.inbound.rest.window_counter import WINDOW_SECONDS, WindowCounter, window_at

_STORAGE_RETRY_SECONDS: Final = 5.0
_TIMEOUTS: Final[Mapping[str, float]] = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}


class TokenRateLimits:
    def __init__(self, storage_url: str, *, per_minute: int, now: Callable[[], datetime]) -> None:
        self._storage = None if storage_url.startswith("memory:") else _connect_storage(storage_url)
        self._local = WindowCounter[UUID]()
        self._per_minute = per_minute
        self._now = now
        self._down_until = 0.0

    def count(self, token_id: UUID) -> Mapping[str, str]:
        """Counts a request and returns the response headers. Raises RateExceeded."""
        headers, retry_after = self._count(token_id, 1)
        if retry_after is not None:
            raise RateExceeded(retry_after=retry_after, headers=headers)
        return headers

    def charge(self, token_id: UUID, units: int) -> Mapping[str, str]:
        """Counts what a request has cost beyond 1; it is the next that may be refused."""
        headers, _ = self._count(token_id, units)
        return headers

    def _count(self, token_id: UUID, units: int) -> tuple[Mapping[str, str], int | None]:
        """The headers, and the seconds to wait if the limit is exceeded."""
        now = self._now()
        window, remaining_seconds = window_at(now)
        used = self._increment(token_id, window, now.timestamp(), units)
        headers = {
            "RateLimit-Policy": f'"token";q={self._per_minute};w={WINDOW_SECONDS}',
            "RateLimit": f'"token";r={max(0, self._per_minute - used)};t={remaining_seconds}',
        }
        return headers, remaining_seconds if used > self._per_minute else None

    def _increment(self, token_id: UUID, window: int, now: float, units: int) -> int:
        if self._storage is None or now < self._down_until:
            return self._local.increment(token_id, window, units)
        try:
            key = f"pms:rate:{token_id}:{window}"
            return self._storage.incr(key, WINDOW_SECONDS, amount=units)
        except StorageError:
            self._down_until = now + _STORAGE_RETRY_SECONDS
            return self._local.increment(token_id, window, units)


def _connect_storage(url: str) -> Storage:
    storage = storage_from_string(url, wrap_exceptions=True, **_TIMEOUTS)
    if not isinstance(storage, Storage):
        raise TypeError("the rate limit storage must be synchronous")
    return storage
