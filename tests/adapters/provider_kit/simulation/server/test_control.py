"""The control API of a simulator."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence

import pytest

from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.running_simulator import RunningSimulator


class CountingActivity:
    """An ActivitySource whose events are numbers."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.generated = 0
        self.happened = threading.Event()

    def advance_clock(self, seconds: int) -> None:
        """No clock."""

    def generate_events(self, events: int) -> Sequence[int]:
        self.generated += events
        if events:
            self.happened.set()
        return range(self.generated - events, self.generated)

    def generate_day(self) -> Sequence[int]:
        return self.generate_events(1)

    def summary(self) -> JsonObject:
        return {"generated": self.generated}


@pytest.fixture
def activity() -> CountingActivity:
    return CountingActivity()


@pytest.fixture
def simulator(activity: CountingActivity) -> Iterator[RunningSimulator[int]]:
    with RunningSimulator(activity_source=activity, compose=lambda _: b"", seed=1) as running:
        yield running


def asked(simulator: RunningSimulator[int], name: str, body: object = None) -> tuple[int, object]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{simulator.base_url}/simulator/{name}", data)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


class TestControl:
    def test_returns_the_values_of_a_connection(self, simulator: RunningSimulator[int]) -> None:
        assert asked(simulator, "connection") == (200, {"base_url": simulator.base_url})

    def test_starts_activity_and_changes_its_pace(
        self, simulator: RunningSimulator[int], activity: CountingActivity
    ) -> None:
        for _ in range(2):
            activity.happened.clear()
            pace = {"every_seconds": 0.01, "events": 2}
            assert asked(simulator, "activity", pace) == (200, {"every_seconds": 0.01})
            assert activity.happened.wait(60)
        assert [t.name for t in threading.enumerate()].count("simulator-activity") == 1

    @pytest.mark.parametrize(
        "pace",
        [{}, {"every_seconds": 0}, {"every_seconds": "1"}, {"every_seconds": 1, "events": -1}],
    )
    def test_rejects_an_invalid_pace(
        self, simulator: RunningSimulator[int], pace: dict[str, object]
    ) -> None:
        status, _ = asked(simulator, "activity", pace)
        assert status == 400

    def test_rejects_other_paths(self, simulator: RunningSimulator[int]) -> None:
        assert asked(simulator, "dance", {}) == (404, {"error": "no such endpoint"})
