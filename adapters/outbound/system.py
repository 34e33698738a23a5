"""Clock, ids and randomness of the operating system, and the clock that all processes share."""

import os
import secrets
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from threading import Lock
from typing import Final
from uuid import UUID
from weakref import WeakMethod

from ports.system import Clock


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


READ_EVERY_SECONDS: Final = 60.0
SLOW_SECONDS: Final = 1.0
ATTEMPTS: Final = 3
STEP: Final = timedelta(seconds=1)
"""Of this machine's clock against its monotonic one: somebody set it, or the machine slept."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """`shared` and `own` are the two clocks at `monotonic`, right to half of `round_trip`."""

    shared: datetime
    own: datetime
    monotonic: float
    round_trip: float

    def is_valid(self, own: datetime, monotonic: float) -> bool:
        passed = monotonic - self.monotonic
        step = own - self.own - timedelta(seconds=passed)
        return passed < READ_EVERY_SECONDS and abs(step) < STEP


class DatabaseClock:
    """Implements ports.system.SharedClock: a reading of the database's clock, moved on by the
    monotonic clock. So no setting of this machine's clock moves it, and a reading costs no
    statement for a minute. `read_shared` raises StoreUnavailable."""

    def __init__(self, own: Clock, read_shared: Callable[[], datetime]) -> None:
        self._own = own
        self._read_shared = read_shared
        self._reading: _Reading | None = None

    def now(self) -> datetime:
        """Reads the database only if it was never read: a unit of work may be open."""
        reading = self._reading or self._read()
        return reading.shared + timedelta(seconds=self._own.monotonic() - reading.monotonic)

    def monotonic(self) -> float:
        return self._own.monotonic()

    def sleep(self, seconds: float) -> None:
        self._own.sleep(seconds)

    def skew(self) -> timedelta:
        self.refresh()
        return self._own.now() - self.now()

    def refresh(self) -> None:
        """Reads the database's clock if the last reading is old, or this machine's clock was set
        since or stood still. Call it outside units of work."""
        held = self._reading
        if held is None or not held.is_valid(self._own.now(), self._own.monotonic()):
            self._read()

    def _read(self) -> _Reading:
        """The best of some readings, if the first was slow."""
        readings = [self._read_once()]
        while readings[-1].round_trip > SLOW_SECONDS and len(readings) < ATTEMPTS:
            readings.append(self._read_once())
        self._reading = min(readings, key=attrgetter("round_trip"))
        return self._reading

    def _read_once(self) -> _Reading:
        started = self._own.monotonic()
        shared = self._read_shared()
        own, ended = self._own.now(), self._own.monotonic()
        middle = (started + ended) / 2
        own -= timedelta(seconds=ended - middle)
        return _Reading(shared, own, middle, ended - started)


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
            tail = self._random() % _TAIL_LIMIT
            start = time.time_ns() // 1_000_000 * _COUNTER_LIMIT
            if start > self._last:
                self._last = start + self._random() % _COUNTER_SEED
            else:
                self._last += 1
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
