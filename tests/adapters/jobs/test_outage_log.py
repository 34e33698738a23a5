import copy
import logging

import pytest

from adapters.outbound.events.in_process_bus import InProcessEventBus
from adapters.outbound.jobs.outage_log import OutageLog
from adapters.outbound.jobs.redis_clients import request_client
from adapters.outbound.jobs.rq_queue import RqJobQueue
from domain.messages import OutboxMessage
from ports.errors import QueueUnavailable
from tests import builders


@pytest.fixture(autouse=True)
def every_level_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


class TestOutageLog:
    def test_logs_the_beginning_and_the_end_once(self, caplog: pytest.LogCaptureFixture) -> None:
        outage = OutageLog(logging.getLogger("x"), "redis")
        outage.worked()
        for _ in range(3):
            outage.failed(error_type="ConnectionError")
        for _ in range(3):
            outage.worked()
        outage.failed()
        assert caplog.messages == ["redis_unavailable", "redis_available", "redis_unavailable"]

    def test_is_shared_by_copies(self, caplog: pytest.LogCaptureFixture) -> None:
        outage = OutageLog(logging.getLogger("x"), "redis")
        for each in (outage, copy.deepcopy(outage)):
            each.failed()
        assert caplog.messages == ["redis_unavailable"]


class TestQueue:
    def test_that_is_gone_is_logged_once(self, caplog: pytest.LogCaptureFixture) -> None:
        queue = RqJobQueue(request_client("redis://127.0.0.1:1/0"), function="f")
        for _ in range(3):
            with pytest.raises(QueueUnavailable):
                queue.ping()
        assert caplog.messages == ["queue_unavailable"]


class TestSubscriber:
    def test_that_fails_is_logged_once_until_it_takes_an_event(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        is_down = True

        def subscriber(_: OutboxMessage) -> None:
            if is_down:
                raise ConnectionError

        bus = InProcessEventBus({"host": subscriber})
        message = builders.outbox_message(builders.hotel())
        for _ in range(3):
            assert bus.deliver(message, to=["host"])
        is_down = False
        for _ in range(2):
            assert not bus.deliver(message, to=["host"])
        assert caplog.messages == ["event_delivery_failed", "event_delivery_resumed"]
