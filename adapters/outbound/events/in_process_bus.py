"""Calls subscribers in this process; a failing one does not affect the others."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from domain.errors import PmsError
from domain.messages import OutboxMessage
from ports.event_bus import Failure, Subscriber

log = logging.getLogger(__name__)

_SUSPENDED: Final = "pms.connection.suspended"


class InProcessEventBus:
    """A subscriber that raises gets the same message again later. Its first failure and the
    first event that it takes afterwards are logged."""

    def __init__(self, subscribers: Mapping[str, Subscriber]) -> None:
        self._subscribers = dict(subscribers)
        self._failing: set[str] = set()

    @property
    def subscribers(self) -> Sequence[str]:
        return tuple(self._subscribers)

    def deliver(self, message: OutboxMessage, *, to: Sequence[str]) -> Sequence[Failure]:
        failures = []
        for name in to:
            try:
                self._subscribers[name](message)
                self._log_recovery(name, message)
            except Exception as error:  # noqa: BLE001  # a subscriber may raise any class; the others still run
                code = error.code if isinstance(error, PmsError) else type(error).__name__
                self._log_failure(name, message, code)
                failures.append(Failure(name, code))
        return failures

    def _log_failure(self, subscriber: str, message: OutboxMessage, code: str) -> None:
        if subscriber not in self._failing:
            self._failing.add(subscriber)
            fields = {"subscriber": subscriber, "event_id": str(message.id), "code": code}
            log.warning("event_delivery_failed", extra=fields)

    def _log_recovery(self, subscriber: str, message: OutboxMessage) -> None:
        if subscriber in self._failing:
            self._failing.discard(subscriber)
            fields = {"subscriber": subscriber, "event_id": str(message.id)}
            log.info("event_delivery_resumed", extra=fields)


def log_event(message: OutboxMessage) -> None:
    """Logs the type and the ids of a delivered event, not its content; a suspended connection as an
    error with its reason."""
    if message.type == _SUSPENDED:
        _log_suspension(message)
    log.info(
        "event_delivered",
        extra={
            "event_id": str(message.id),
            "event_type": message.type,
            "hotel_id": str(message.hotel_id),
        },
    )


def _log_suspension(message: OutboxMessage) -> None:
    data = json.loads(message.body)["data"]
    log.error(
        "connection_suspended",
        extra={
            "hotel_id": data["hotelId"],
            "provider": data["provider"],
            "connection": data["connectionId"],
            "correlation_id": data["correlationId"],
            "code": data["errorCode"],
            "detail": data["errorDetail"],
        },
    )
