"""The clock, jitter and other tools of an adapter under test."""

from datetime import datetime, timedelta
from typing import Final

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.system import SystemRandomness
from ports.providers import ProviderTools
from ports.system import Clock

LOOPBACK: Final = frozenset({"127.0.0.1"})


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


def simulator_tools(clock: Clock) -> ProviderTools:
    """For an adapter that calls simulators on this machine only."""
    return ProviderTools(
        clock=clock,
        randomness=FixedJitter(),
        budget=InProcessRateBudget(clock),
        allowed_hosts=LOOPBACK,
        plain_http=True,
    )
