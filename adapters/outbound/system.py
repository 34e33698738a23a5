"""The machine's own clock, ids and randomness."""

import os
import secrets
import time
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
    """From the operating system: workers forked from one process do not share a sequence."""

    def fraction(self) -> float:
        return secrets.randbelow(2**53) / 2**53

    def secret(self) -> str:
        return secrets.token_urlsafe(32)


_COUNTER_LIMIT = 2**12
_COUNTER_SEED_BITS = 11


class Uuid7Generator:
    """RFC 9562 section 6.2, method 1: `rand_a` counts within one millisecond, from a random start
    in its lower half. A full counter or a clock that went back borrows from the milliseconds to
    come. The last 62 bits are fresh each time, so that forked processes never give one id twice."""

    def __init__(self) -> None:
        self._last = 0
        """Milliseconds since the epoch and the counter, as one number of 60 bits."""
        self._renew_lock()
        renew = WeakMethod(self._renew_lock)
        os.register_at_fork(after_in_child=lambda: (method := renew()) and method())

    def new(self) -> UUID:
        with self._lock:
            self._last = max(self._last + 1, _tick(time.time_ns() // 1_000_000))
            ticks = self._last
        milliseconds, counter = divmod(ticks, _COUNTER_LIMIT)
        value = milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | secrets.randbits(62)
        return UUID(int=value)

    def _renew_lock(self) -> None:
        """A thread that held the lock while another forked does not exist in the child."""
        self._lock = Lock()


def _tick(milliseconds: int) -> int:
    return milliseconds * _COUNTER_LIMIT + secrets.randbits(_COUNTER_SEED_BITS)
