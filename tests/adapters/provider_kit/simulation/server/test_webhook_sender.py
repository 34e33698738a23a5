import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from adapters.outbound.provider_kit.simulation.server.webhook_sender import (
    WebhookFaults,
    WebhookSender,
    WebhookTargetRefused,
)
from tests.adapters.provider_kit.simulation.server.webhook_receiver import (
    WAIT_SECONDS,
    Receiver,
    receiving,
)


def composed(batch: Sequence[str]) -> bytes:
    return json.dumps(batch).encode()


def ids(receiver: Receiver) -> list[str]:
    return [event for body in receiver.bodies for event in body]


@contextmanager
def sending(url: str, **webhook_faults: Any) -> Iterator[WebhookSender[str]]:
    sender = WebhookSender(
        url,
        compose=composed,
        webhook_faults=WebhookFaults(retry_pause_seconds=0.01, **webhook_faults),
    )
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()


EVENTS = [f"r{number}" for number in range(250)]


class TestSender:
    def test_delivers_events_in_batches(self) -> None:
        with receiving() as receiver, sending(receiver.url) as sender:
            sender.send(EVENTS)
            assert sender.flush(WAIT_SECONDS)
        assert [len(body) for body in receiver.bodies] == [100, 100, 50]
        assert ids(receiver) == EVENTS

    def test_signs_each_body(self) -> None:
        with receiving(503) as receiver:
            sender = WebhookSender(
                receiver.url,
                compose=composed,
                webhook_faults=WebhookFaults(batch_size=1, retry_pause_seconds=0.01),
                sign=lambda body: {"x-length": str(len(body))},
            )
            sender.start()
            sender.send(["a", "bcd"])
            assert sender.flush(WAIT_SECONDS)
            sender.stop()
        assert [call.headers["x-length"] for call in receiver.messages] == ["5", "5", "7"]

    def test_retries_rejected_messages(self) -> None:
        with receiving(500, 503) as receiver, sending(receiver.url) as sender:
            sender.send(EVENTS[:1])
            assert sender.flush(WAIT_SECONDS)
            assert (sender.delivered, sender.abandoned) == (1, 0)
        assert ids(receiver) == ["r0"] * 3

    def test_abandons_events_after_its_attempts(self) -> None:
        with receiving(*[500] * 9) as receiver, sending(receiver.url, attempts=3) as sender:
            sender.send(EVENTS[:1])
            assert sender.flush(WAIT_SECONDS)
            assert (sender.delivered, sender.abandoned) == (0, 1)
        assert len(receiver.bodies) == 3

    def test_loses_duplicates_and_reorders_on_request(self) -> None:
        webhook_faults = {"loss": 0.2, "duplicates": 1.0, "reorder": True, "batch_size": 10}
        with receiving() as receiver, sending(receiver.url, **webhook_faults) as sender:
            sender.send(EVENTS)
            assert sender.flush(WAIT_SECONDS)
            lost = sender.lost
        counts = Counter(ids(receiver))
        assert 20 < lost < 90
        assert len(counts) == len(EVENTS) - lost
        assert set(counts.values()) == {2}
        assert list(counts) != sorted(counts, key=lambda name: int(name[1:]))

    def test_survives_an_unreachable_target(self) -> None:
        with receiving() as receiver:
            url = receiver.url
        with sending(url, attempts=2) as sender:
            sender.send(EVENTS[:2])
            assert sender.flush(WAIT_SECONDS)
            assert sender.abandoned == 2

    def test_stops_immediately_during_a_delay(self) -> None:
        with receiving() as receiver:
            with sending(receiver.url, delay_seconds=600) as sender:
                sender.send(EVENTS)
            assert receiver.bodies == []

    @pytest.mark.parametrize(
        "url", ["https://127.0.0.1/", "http://hotel.example/", "ftp://127.0.0.1/", "nonsense"]
    )
    def test_rejects_targets_on_other_machines(self, url: str) -> None:
        with pytest.raises(WebhookTargetRefused):
            WebhookSender(url, compose=composed)
