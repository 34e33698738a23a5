"""Clock, ids and randomness of the operating system."""

import os
import secrets
import time
from array import array
from datetime import UTC, datetime
from threading import Lock
from uuid import UUID
from weakref import WeakMethod


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class SystemRandomness:
    """From the operating system, so that forked workers do not share a sequence."""

    def fraction(self) -> float:
        return secrets.randbelow(2**53) / 2**53

    def secret(self) -> str:
        return secrets.token_urlsafe(32)


_COUNTER_LIMIT = 2**12
_COUNTER_SEED = 2**11
_TAIL_LIMIT = 2**62
_RANDOM_POOL_SIZE = 256
"""64-bit numbers per call of the operating system: each call releases the interpreter lock, which a
busy web process gets back late."""


class Uuid7Generator:
    """RFC 9562 section 6.2, method 1: `rand_a` is a counter within one millisecond, from a random
    start in its lower half. When the counter is full or the clock goes back, the timestamp runs
    ahead. The last 62 bits are random and never shared with a forked process."""

    def __init__(self) -> None:
        self._last = 0
        """Milliseconds since the epoch and the counter, as one number of 60 bits."""
        self._reset_state()
        reset_reference = WeakMethod(self._reset_state)
        os.register_at_fork(after_in_child=lambda: (method := reset_reference()) and method())

    def new(self) -> UUID:
        with self._lock:
            seed, tail = self._random() % _COUNTER_SEED, self._random() % _TAIL_LIMIT
            milliseconds = time.time_ns() // 1_000_000
            self._last = max(self._last + 1, milliseconds * _COUNTER_LIMIT + seed)
            ticks = self._last
        milliseconds, counter = divmod(ticks, _COUNTER_LIMIT)
        value = milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | tail
        return UUID(int=value)

    def _random(self) -> int:
        if not self._random_pool:
            self._random_pool.frombytes(os.urandom(8 * _RANDOM_POOL_SIZE))
        return self._random_pool.pop()

    def _reset_state(self) -> None:
        """Also after a fork: a thread that the child does not have may hold the lock."""
        self._lock = Lock()
        self._random_pool = array("Q")
