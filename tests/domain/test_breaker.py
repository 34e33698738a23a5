from domain.breaker import BREAKER_THRESHOLD, Breaker, BreakerState
from tests.builders import HOUR, MINUTE, T0

LATER = T0 + MINUTE


class TestBreaker:
    def test_opens_at_the_threshold_for_doubling_pauses_up_to_an_hour(self) -> None:
        breaker, pauses = Breaker(), []
        for _ in range(BREAKER_THRESHOLD + 9):
            breaker = breaker.failed(T0)
            pauses.append(breaker.retry_at and (breaker.retry_at - T0) // MINUTE)
        assert pauses == [None, None, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]

    def test_stays_within_its_cap_for_ever(self) -> None:
        assert Breaker(failures=10**6).failed(T0).retry_at == T0 + HOUR

    def test_lets_one_trial_through_after_the_pause(self) -> None:
        tripped = Breaker(failures=3, retry_at=LATER)
        assert Breaker().state(T0) is BreakerState.CLOSED
        assert tripped.state(T0) is BreakerState.OPEN
        assert tripped.state(LATER) is BreakerState.HALF_OPEN
        assert tripped.failed(LATER).state(LATER) is BreakerState.OPEN
