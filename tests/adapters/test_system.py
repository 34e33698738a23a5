import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import RFC_4122

import pytest

from adapters.outbound.system import SystemClock, SystemRandomness, Uuid7Generator


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
