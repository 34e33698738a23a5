import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import RFC_4122

import pytest

from adapters.outbound.memory.clock import START, FrozenClock
from adapters.outbound.system import (
    ATTEMPTS,
    READ_EVERY_SECONDS,
    DatabaseClock,
    SystemClock,
    SystemRandomness,
    Uuid7Generator,
)


class TestUuid7Generator:
    def test_returns_version_7_ids_of_the_current_millisecond(self) -> None:
        before = datetime.now(UTC).timestamp() * 1000 - 1
        new = Uuid7Generator().new()
        after = datetime.now(UTC).timestamp() * 1000 + 1
        assert (new.version, new.variant) == (7, RFC_4122)
        assert before <= new.int >> 80 <= after

    def test_is_strictly_increasing_beyond_the_counter_of_one_millisecond(self) -> None:
        ids = Uuid7Generator()
        made = [ids.new() for _ in range(20_000)]
        assert made == sorted(set(made))
        assert [str(i) for i in made] == sorted(str(i) for i in made)

    def test_keeps_increasing_if_the_clock_goes_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ids = Uuid7Generator()
        first = ids.new()
        monkeypatch.setattr("adapters.outbound.system.time.time_ns", lambda: 1_000_000_000)
        assert first < ids.new() < ids.new()

    def test_is_unique_across_threads_and_increasing_in_each(self) -> None:
        ids, start = Uuid7Generator(), Barrier(8)

        def take(_: int) -> list[object]:
            start.wait()
            return [ids.new() for _ in range(2_000)]

        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(take, range(8)))
        assert all(mine == sorted(mine, key=str) for mine in taken)
        assert len({i for mine in taken for i in mine}) == 16_000

    @pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
    def test_works_in_a_child_forked_while_the_lock_was_held(self) -> None:
        ids = Uuid7Generator()
        reader, writer = os.pipe()
        with ids._lock:
            child = os.fork()
            if child == 0:
                os.write(writer, ids.new().bytes)
                os._exit(0)
        _, status = os.waitpid(child, 0)
        theirs = os.read(reader, 16)
        os.close(reader)
        os.close(writer)
        assert status == 0
        assert len(theirs) == 16
        assert theirs != ids.new().bytes


class TestSystemClock:
    def test_returns_the_time_in_utc(self) -> None:
        assert SystemClock().now().tzinfo is UTC

    def test_monotonic_never_goes_back(self) -> None:
        clock = SystemClock()
        before = clock.monotonic()
        clock.sleep(0)
        assert clock.monotonic() >= before


HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@dataclass
class Database:
    """An hour ahead of this machine. `delays`: seconds that the next readings take, half of them
    before the clock is read."""

    own: FrozenClock
    ahead: timedelta = HOUR
    reads: int = 0
    delays: list[float] = field(default_factory=list)

    def read(self) -> datetime:
        self.reads += 1
        half = timedelta(seconds=self.delays.pop(0) / 2 if self.delays else 0)
        self.own.advance(half)
        now = self.own.now() + self.ahead
        self.own.advance(half)
        return now


@pytest.fixture
def own() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def database(own: FrozenClock) -> Database:
    return Database(own)


@pytest.fixture
def shared(own: FrozenClock, database: Database) -> DatabaseClock:
    return DatabaseClock(own, database.read)


class TestDatabaseClock:
    def test_is_that_of_the_database(self, shared: DatabaseClock, own: FrozenClock) -> None:
        assert shared.now() == START + HOUR
        own.advance(7 * SECOND)
        assert shared.now() == START + HOUR + 7 * SECOND
        assert shared.skew() == -HOUR

    def test_is_not_moved_by_setting_this_machines_clock(
        self, shared: DatabaseClock, own: FrozenClock
    ) -> None:
        shared.now()
        own.set(START + 5 * HOUR)
        assert shared.now() == START + HOUR

    def test_of_a_slow_reading_is_right_to_half_of_it(
        self, shared: DatabaseClock, database: Database, own: FrozenClock
    ) -> None:
        database.delays = [0.8]
        assert shared.now() == own.now() + HOUR
        assert database.reads == 1

    def test_takes_the_quickest_of_slow_readings(
        self, shared: DatabaseClock, database: Database, own: FrozenClock
    ) -> None:
        database.delays = [9.0, 3.0, 5.0, 0.0]
        shared.now()
        assert database.reads == ATTEMPTS
        assert shared.now() == own.now() + HOUR

    def test_is_read_once_a_minute_and_never_in_between(
        self, shared: DatabaseClock, database: Database, own: FrozenClock
    ) -> None:
        for _ in range(6):
            shared.refresh()
            shared.now()
            own.advance(timedelta(seconds=READ_EVERY_SECONDS / 3))
        assert database.reads == 2

    def test_is_not_read_by_now_as_a_transaction_may_be_open(
        self, shared: DatabaseClock, database: Database, own: FrozenClock
    ) -> None:
        shared.now()
        own.advance(HOUR)
        shared.now()
        assert database.reads == 1

    @pytest.mark.parametrize("step", [-HOUR, 2 * SECOND, HOUR])
    def test_is_read_again_when_this_machines_clock_was_set(
        self, shared: DatabaseClock, database: Database, own: FrozenClock, step: timedelta
    ) -> None:
        """Or it stood still for a while, with its monotonic clock."""
        shared.refresh()
        own.set(own.now() + step)
        database.ahead = timedelta(0)
        shared.refresh()
        assert database.reads == 2
        assert shared.now() == own.now()
        assert shared.skew() == timedelta(0)

    def test_follows_a_database_whose_clock_was_set(
        self, shared: DatabaseClock, database: Database, own: FrozenClock
    ) -> None:
        shared.refresh()
        database.ahead = -HOUR
        own.advance(timedelta(seconds=READ_EVERY_SECONDS))
        shared.refresh()
        assert shared.now() == own.now() - HOUR


class TestSystemRandomness:
    def test_returns_fractions_from_zero_to_below_one(self) -> None:
        drawn = [SystemRandomness().fraction() for _ in range(1_000)]
        assert all(0 <= one < 1 for one in drawn)
        assert min(drawn) < 0.1
        assert max(drawn) > 0.9

    def test_returns_url_safe_secrets_of_256_bits(self) -> None:
        secret = SystemRandomness().secret()
        assert len(secret) == 43
        assert secret.replace("-", "").replace("_", "").isalnum()
        assert secret != SystemRandomness().secret()
