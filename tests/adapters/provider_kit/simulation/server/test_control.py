"""What a simulator lets be done to it on its own port, beside the vendor's API."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence

import pytest

from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.running_simulator import RunningSimulator


class CountedLife:
    """running.Living: each happening is its number."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.lived = 0
        self.happened = threading.Event()

    def wait(self, seconds: int) -> None:
        """No clock."""

    def generate_events(self, events: int) -> Sequence[int]:
        self.lived += events
        if events:
            self.happened.set()
        return range(self.lived - events, self.lived)

    def generate_day(self) -> Sequence[int]:
        return self.generate_events(1)

    def summary(self) -> JsonObject:
        return {"lived": self.lived}


@pytest.fixture
def activity() -> CountedLife:
    return CountedLife()


@pytest.fixture
def simulator(activity: CountedLife) -> Iterator[RunningSimulator[int]]:
    with RunningSimulator(activity_source=activity, compose=lambda _: b"", seed=1) as running:
        yield running


def asked(simulator: RunningSimulator[int], name: str, body: object = None) -> tuple[int, object]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{simulator.base_url}/simulator/{name}", data)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


class TestControl:
    def test_tells_what_a_connection_needs(self, simulator: RunningSimulator[int]) -> None:
        assert asked(simulator, "connection") == (200, {"base_url": simulator.base_url})

    def test_lets_the_hotel_live_by_itself_at_a_pace_that_can_change(
        self, simulator: RunningSimulator[int], activity: CountedLife
    ) -> None:
        for _ in range(2):
            activity.happened.clear()
            told = {"every_seconds": 0.01, "events": 2}
            assert asked(simulator, "live", told) == (200, {"every_seconds": 0.01})
            assert activity.happened.wait(10)
        assert [t.name for t in threading.enumerate()].count("simulator-life") == 1

    @pytest.mark.parametrize(
        "pace",
        [{}, {"every_seconds": 0}, {"every_seconds": "1"}, {"every_seconds": 1, "events": -1}],
    )
    def test_refuses_a_pace_that_is_none(
        self, simulator: RunningSimulator[int], pace: dict[str, object]
    ) -> None:
        status, _ = asked(simulator, "live", pace)
        assert status == 400

    def test_knows_no_other(self, simulator: RunningSimulator[int]) -> None:
        assert asked(simulator, "dance", {}) == (404, {"error": "no such control"})
