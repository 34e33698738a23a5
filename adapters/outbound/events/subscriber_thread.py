"""A thread in which one subscriber gets its messages, one at a time."""

from concurrent.futures import Future
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias
from weakref import finalize

from domain.messages import OutboxMessage
from ports.event_bus import Subscriber

_Call: TypeAlias = tuple[OutboxMessage, Context, Future[None]]


class SubscriberThread:
    """Started at the first message. A daemon: one that hangs does not keep its process."""

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber
        self._queue: SimpleQueue[_Call | None] | None = None
        self._last: Future[None] | None = None

    def begin(self, message: OutboxMessage) -> Future[None] | None:
        """None if the subscriber has not returned from the message before."""
        if self._last is not None and not self._last.done():
            return None
        self._last = Future()
        self._calls().put((message, copy_context(), self._last))
        return self._last

    def _calls(self) -> "SimpleQueue[_Call | None]":
        if self._queue is None:
            self._queue = SimpleQueue()
            finalize(self, self._queue.put, None)
            Thread(target=_run, args=(self._queue, self._subscriber), daemon=True).start()
        return self._queue


def _run(calls: "SimpleQueue[_Call | None]", subscriber: Subscriber) -> None:
    while (call := calls.get()) is not None:
        message, context, outcome = call
        try:
            context.run(subscriber, message)
        except BaseException as error:  # noqa: BLE001  # raised in the thread that waits
            outcome.set_exception(error)
        else:
            outcome.set_result(None)
        del call, message, context, outcome
