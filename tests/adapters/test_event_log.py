"""The subscriber that logs delivered events."""

import logging

import pytest

from adapters.outbound.events.in_process_bus import log_event
from application.events.cloud_events import outbox_message
from domain.events import ConnectionSuspended, EventHeader
from domain.messages import OutboxMessage
from tests import builders
from tests.builders import T0, new_id


def suspended() -> OutboxMessage:
    connection_id = new_id()
    header = EventHeader(
        hotel_id=new_id(),
        provider="mews",
        connection_id=connection_id,
        external_id=str(connection_id),
        version=None,
        correlation_id="c-1",
        at=T0,
    )
    event = ConnectionSuspended(header=header, error_code="refused", error_detail="/list: refused")
    return outbox_message(event, new_id())


class TestSuspendedConnection:
    def test_is_logged_as_an_error_with_its_reason(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        log_event(suspended())
        [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert record.message == "connection_suspended"
        assert vars(record)["provider"] == "mews"
        assert (vars(record)["code"], vars(record)["detail"]) == ("refused", "/list: refused")


class TestDeliveredEvent:
    @pytest.mark.parametrize(("level", "lines"), [("INFO", 0), ("DEBUG", 1)])
    def test_is_logged_at_debug_only(
        self, caplog: pytest.LogCaptureFixture, level: str, lines: int
    ) -> None:
        caplog.set_level(level)
        hotel = builders.hotel()
        message = builders.outbox_message(hotel)
        log_event(message)
        assert caplog.messages == ["event_delivered"] * lines
        assert [vars(each)["event_id"] for each in caplog.records] == [str(message.id)] * lines
