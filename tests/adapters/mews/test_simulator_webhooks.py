import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from adapters.outbound.providers.mews.simulated_hotel import Event, SimulatedHotel
from adapters.outbound.providers.mews.simulator import MewsSimulator
from adapters.outbound.providers.mews.simulator_http import Call, LoopbackServer, Reply
from adapters.outbound.providers.mews.simulator_webhooks import (
    WebhookHabits,
    WebhookSender,
    WebhookTargetRefused,
)
from tests.adapters.mews.simulator_wire import Wire

PATIENCE_SECONDS = 10


class Receiver:
    """A real endpoint that answers with the given statuses, then 204, and keeps what came."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self._lock = threading.Lock()
        self.bodies: list[dict[str, Any]] = []
        self.on_call: Callable[[], None] = lambda: None
        self.server = LoopbackServer(0, self._answer)
        self.url = f"http://127.0.0.1:{self.server.port}/hooks/secret?x=1"

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            assert call.path == "/hooks/secret?x=1"
            self.bodies.append(json.loads(call.body))
            self.on_call()
            return Reply(self._statuses.pop(0) if self._statuses else 204)

    @property
    def ids(self) -> list[str]:
        return [event["Value"]["Id"] for body in self.bodies for event in body["Events"]]


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    receiver = Receiver(*statuses)
    receiver.server.start()
    try:
        yield receiver
    finally:
        receiver.server.stop()


@contextmanager
def sending(url: str, **habits: Any) -> Iterator[WebhookSender]:
    sender = WebhookSender(
        url,
        enterprise_id="e",
        integration_id="i",
        habits=WebhookHabits(retry_pause_seconds=0.01, **habits),
    )
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()


EVENTS = [Event("ServiceOrderUpdated", f"r{number}") for number in range(250)]


class TestSender:
    def test_delivers_thin_events_in_batches(self) -> None:
        with receiving() as receiver, sending(receiver.url) as sender:
            sender.send(EVENTS)
            assert sender.flush(PATIENCE_SECONDS)
        assert [len(body["Events"]) for body in receiver.bodies] == [100, 100, 50]
        assert receiver.ids == [event.id for event in EVENTS]
        first = receiver.bodies[0]
        assert (first["EnterpriseId"], first["IntegrationId"]) == ("e", "i")
        assert first["Events"][0] == {
            "Discriminator": "ServiceOrderUpdated",
            "Value": {"Id": "r0"},
        }

    def test_repeats_what_was_not_accepted(self) -> None:
        with receiving(500, 503) as receiver, sending(receiver.url) as sender:
            sender.send(EVENTS[:1])
            assert sender.flush(PATIENCE_SECONDS)
            assert (sender.delivered, sender.abandoned) == (1, 0)
        assert receiver.ids == ["r0"] * 3

    def test_gives_up_after_its_attempts(self) -> None:
        with receiving(*[500] * 9) as receiver, sending(receiver.url, attempts=3) as sender:
            sender.send(EVENTS[:1])
            assert sender.flush(PATIENCE_SECONDS)
            assert (sender.delivered, sender.abandoned) == (0, 1)
        assert len(receiver.bodies) == 3

    def test_loses_doubles_and_shuffles_when_told_to(self) -> None:
        habits = {"loss": 0.2, "duplicates": 1.0, "reorder": True, "batch_size": 10}
        with receiving() as receiver, sending(receiver.url, **habits) as sender:
            sender.send(EVENTS)
            assert sender.flush(PATIENCE_SECONDS)
            lost = sender.lost
        counts = Counter(receiver.ids)
        assert 20 < lost < 90
        assert len(counts) == len(EVENTS) - lost
        assert set(counts.values()) == {2}
        assert list(counts) != sorted(counts, key=lambda name: int(name[1:]))

    def test_survives_a_target_that_is_not_there(self) -> None:
        with receiving() as receiver:
            url = receiver.url
        with sending(url, attempts=2) as sender:
            sender.send(EVENTS[:2])
            assert sender.flush(PATIENCE_SECONDS)
            assert sender.abandoned == 2

    def test_stops_at_once_in_the_middle_of_a_delay(self) -> None:
        with receiving() as receiver:
            with sending(receiver.url, delay_seconds=600) as sender:
                sender.send(EVENTS)
            assert receiver.bodies == []

    @pytest.mark.parametrize(
        "url", ["https://127.0.0.1/", "http://hotel.example/", "ftp://127.0.0.1/", "nonsense"]
    )
    def test_speaks_to_this_machine_only(self, url: str) -> None:
        with pytest.raises(WebhookTargetRefused):
            WebhookSender(url, enterprise_id="e", integration_id="i")


class TestSimulator:
    def test_announces_exactly_what_happened(self) -> None:
        simulator = MewsSimulator(SimulatedHotel(bookings=150))
        with receiving() as receiver, simulator:
            wire = Wire(simulator)
            assert wire.control("webhooks", url=receiver.url, batch_size=7).status == 200
            happened = simulator.advance(days=1, events=20)
            sender = simulator.webhooks
            assert sender is not None
            assert sender.flush(PATIENCE_SECONDS)
            wire.close()
        assert receiver.ids == [event.id for event in happened]
        assert {body["EnterpriseId"] for body in receiver.bodies} == {simulator.enterprise_id}

    def test_leaves_no_thread_and_no_open_port_behind(self) -> None:
        before = set(threading.enumerate())
        with receiving() as receiver:
            simulator = MewsSimulator(SimulatedHotel(bookings=20))
            simulator.start()
            simulator.send_webhooks_to(receiver.url)
            simulator.live_by_itself(0.01, 2)
            wire = Wire(simulator)
            assert wire.call("configuration/get").status == 200
            simulator.stop()
            with pytest.raises(OSError):  # noqa: PT011
                wire.call("configuration/get")
            wire.close()
        assert set(threading.enumerate()) <= before

    def test_lives_by_itself_until_it_is_stopped(self) -> None:
        heard = threading.Event()
        with receiving() as receiver:
            receiver.on_call = heard.set
            with MewsSimulator(SimulatedHotel(bookings=100)) as simulator:
                simulator.send_webhooks_to(receiver.url)
                simulator.live_by_itself(0.01, 5)
                assert heard.wait(PATIENCE_SECONDS)
