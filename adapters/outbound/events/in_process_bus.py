"""Calls subscribers in this process; one that fails or hangs does not affect the others."""

import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Final

from adapters.outbound.events.subscriber_thread import SubscriberThread
from domain.errors import PmsError
from domain.messages import OutboxMessage
from ports.event_bus import DELIVERY_TIMEOUT, STILL_HANGS, Failure, Subscriber

log = logging.getLogger(__name__)

DELIVERY_SECONDS: Final = 10.0
"""For all subscribers of a message together; they are called side by side. With the time until the
lease is renewed, it is within the relay's lease."""
_SUSPENDED: Final = "pms.connection.suspended"


class InProcessEventBus:
    """A subscriber that raises or hangs gets the same message again later; while it hangs, it gets
    no other. Its first failure and the first event that it takes afterwards are logged."""

    def __init__(
        self, subscribers: Mapping[str, Subscriber], *, delivery_seconds: float = DELIVERY_SECONDS
    ) -> None:
        self._subscribers = {name: SubscriberThread(each) for name, each in subscribers.items()}
        self._delivery_seconds = delivery_seconds
        self._failing: set[str] = set()

    @property
    def subscribers(self) -> Sequence[str]:
        return tuple(self._subscribers)

    def deliver(self, message: OutboxMessage, *, to: Sequence[str]) -> Sequence[Failure]:
        calls = [(name, self._subscribers[name].begin(message)) for name in to]
        deadline = monotonic() + self._delivery_seconds
        failures = []
        for name, call in calls:
            code = _failure_code(call, deadline)
            if code is None:
                self._log_recovery(name, message)
            else:
                self._log_failure(name, message, code)
                failures.append(Failure(name, code))
        return failures

    def _log_failure(self, subscriber: str, message: OutboxMessage, code: str) -> None:
        if code == DELIVERY_TIMEOUT:
            self._failing.add(subscriber)
            fields = {"subscriber": subscriber, "event_id": str(message.id), "code": code}
            log.error("subscriber_hangs", extra=fields)
        if subscriber not in self._failing:
            self._failing.add(subscriber)
            fields = {"subscriber": subscriber, "event_id": str(message.id), "code": code}
            log.warning("event_delivery_failed", extra=fields)

    def _log_recovery(self, subscriber: str, message: OutboxMessage) -> None:
        if subscriber in self._failing:
            self._failing.discard(subscriber)
            fields = {"subscriber": subscriber, "event_id": str(message.id)}
            log.info("event_delivery_resumed", extra=fields)


def _failure_code(call: Future[None] | None, deadline: float) -> str | None:
    """Of a call in another thread; None if it succeeded. Re-raises what is no Exception."""
    if call is None:
        return STILL_HANGS
    try:
        error = call.exception(timeout=max(0.0, deadline - monotonic()))
    except TimeoutError:
        return DELIVERY_TIMEOUT
    if error is None:
        return None
    if not isinstance(error, Exception):
        raise error
    return error.code if isinstance(error, PmsError) else type(error).__name__


def log_event(message: OutboxMessage) -> None:
    """Logs the type and the ids of a delivered event at DEBUG, not its content; a suspended
    connection as an error with its reason. The relay logs batches at INFO."""
    if message.type == _SUSPENDED:
        _log_suspension(message)
    if log.isEnabledFor(logging.DEBUG):
        log.debug(
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
