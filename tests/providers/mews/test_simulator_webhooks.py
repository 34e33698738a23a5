import threading

import pytest

from tests.adapters.provider_kit.simulation.server.webhook_receiver import (
    WAIT_SECONDS,
    Receiver,
    receiving,
)
from tests.providers.mews.simulator_client import Wire, new_simulator


def received_events(receiver: Receiver) -> list[dict[str, object]]:
    return [event for body in receiver.bodies for event in body["Events"]]


class TestSimulator:
    def test_sends_every_event_once_in_batches(self) -> None:
        simulator = new_simulator(bookings=150)
        with receiving() as receiver, simulator:
            wire = Wire(simulator)
            assert wire.control("webhooks", url=receiver.url, batch_size=7).status == 200
            happened = simulator.advance(days=1, events=20)
            sender = simulator.webhooks
            assert sender is not None
            assert sender.flush(WAIT_SECONDS)
            wire.close()
        assert received_events(receiver) == [
            {"Discriminator": event.discriminator, "Value": {"Id": event.id}} for event in happened
        ]
        assert {len(body["Events"]) for body in receiver.bodies[:-1]} == {7}
        assert {body["EnterpriseId"] for body in receiver.bodies} == {
            simulator.catalog.enterprise_id
        }

    def test_leaves_no_thread_and_no_open_port_behind(self) -> None:
        before = set(threading.enumerate())
        with receiving() as receiver:
            simulator = new_simulator(bookings=20)
            simulator.start()
            simulator.send_webhooks_to(receiver.url)
            simulator.start_activity(0.01, 2)
            wire = Wire(simulator)
            assert wire.call("configuration/get").status == 200
            simulator.stop()
            with pytest.raises(OSError):  # noqa: PT011
                wire.call("configuration/get")
            wire.close()
        assert set(threading.enumerate()) <= before

    def test_generates_activity_until_it_is_stopped(self) -> None:
        received = threading.Event()
        with receiving() as receiver:
            receiver.on_call = received.set
            with new_simulator(bookings=100) as simulator:
                simulator.send_webhooks_to(receiver.url)
                simulator.start_activity(0.01, 5)
                assert received.wait(WAIT_SECONDS)
