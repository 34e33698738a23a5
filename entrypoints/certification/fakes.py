"""Time that takes no time, and a die that always shows the same."""

from datetime import datetime, timedelta

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.system import SystemRandomness


class SimulatorClock(FrozenClock):
    """Keeps pace with a simulated hotel: never behind it, and each look at it takes a millisecond.
    Sleeping takes no time; `slept` tells for how long somebody wanted to."""

    def now(self) -> datetime:
        self.advance(timedelta(milliseconds=1))
        return super().now()

    def monotonic(self) -> float:
        self.advance(timedelta(milliseconds=1))
        return super().monotonic()

    def advance_to(self, hotel_time: datetime) -> None:
        own_time = super().now()
        if hotel_time > own_time:
            self.advance(hotel_time - own_time)


class FixedJitter(SystemRandomness):
    """Jitter that is always a half, so that a wait of nothing is never an accident."""

    def fraction(self) -> float:
        return 0.5
