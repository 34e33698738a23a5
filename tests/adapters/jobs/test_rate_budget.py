from collections.abc import Iterator
from uuid import UUID

import pytest
from redis import Redis

from adapters.outbound.jobs.rate_budget import RedisRateBudget
from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.memory.jobs import InMemoryRateBudget
from ports.errors import RateLimited
from ports.providers import Patience

CONNECTION = UUID(int=1)


@pytest.fixture(params=["redis", "fallback"])
def redis(request: pytest.FixtureRequest) -> Iterator[Redis]:
    is_up = request.param == "redis"
    url = request.getfixturevalue("redis_url") if is_up else "redis://127.0.0.1:1"
    with Redis.from_url(url) as client:
        yield client


class TestPatience:
    def test_ends_a_longer_wait_with_an_error(self, redis: Redis) -> None:
        patience = Patience()
        budget = RedisRateBudget(
            redis, fallback=InMemoryRateBudget(FrozenClock()), patience=patience
        )

        def reserve() -> float:
            return budget.reserve(CONNECTION, limit=1, window_seconds=30)

        assert reserve() == 0
        assert 25 < reserve() <= 30
        patience.seconds = 2
        with pytest.raises(RateLimited) as caught:
            reserve()
        assert 25 < caught.value.wait_seconds <= 30
