"""A rate limit per connection, shared by all workers: a sliding window in Redis."""

from typing import Final, cast
from uuid import UUID

from redis import Redis
from redis.exceptions import RedisError

from ports.providers import RateBudget

_RESERVE_SCRIPT: Final = """
local now = redis.call('TIME')
local us = now[1] * 1000000 + now[2]
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', us - window)
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('ZADD', KEYS[1], us, us .. '-' .. redis.call('INCR', KEYS[1] .. ':n'))
  redis.call('PEXPIRE', KEYS[1], window / 1000 + 1000)
  redis.call('PEXPIRE', KEYS[1] .. ':n', window / 1000 + 1000)
  return 0
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return oldest[2] + window - us
"""
"""Returns the wait in microseconds. Atomic, by the server's clock: workers' clocks may differ."""


class RedisRateBudget:
    """Without Redis each process uses `fallback`, so several may exceed the limit together; the
    vendor's 429 is then the only shared limit."""

    def __init__(self, redis: Redis, *, fallback: RateBudget) -> None:
        self._redis = redis
        self._fallback = fallback
        self._reserve = redis.register_script(_RESERVE_SCRIPT)

    def reserve(self, connection_id: UUID, *, limit: int, window_seconds: float) -> float:
        key = f"pms:budget:{connection_id}"
        try:
            wait = self._reserve(keys=[key], args=[limit, int(window_seconds * 1_000_000)])
        except (RedisError, OSError):
            return self._fallback.reserve(connection_id, limit=limit, window_seconds=window_seconds)
        return max(0, cast(int, wait)) / 1_000_000
