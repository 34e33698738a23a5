"""A simulated clock and a fixed jitter for the adapter under test."""

from datetime import datetime, timedelta

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.system import SystemRandomness


class SimulatorClock(FrozenClock):
    """Follows the simulated hotel's clock; each reading advances it by one millisecond. Sleeping
    returns at once and advances it; `slept` lists the requested durations in seconds."""

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
    """Always one half: a random zero would hide that an adapter does not wait."""

    def fraction(self) -> float:
        return 0.5
