"""A webhook endpoint."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from adapters.outbound.provider_kit.simulation.server.loopback_http import (
    Call,
    LoopbackServer,
    Reply,
)

WAIT_SECONDS = 60


class Receiver:
    """Answers with the given statuses, then 204; keeps the received bodies."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self._lock = threading.Lock()
        self.bodies: list[Any] = []
        self.messages: list[Call] = []
        self.on_call: Callable[[], None] = lambda: None
        self.server = LoopbackServer(0, self._answer)
        self.url = f"http://127.0.0.1:{self.server.port}/hooks/secret?x=1"

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            assert call.path == "/hooks/secret?x=1"
            self.messages.append(call)
            self.bodies.append(json.loads(call.body))
            self.on_call()
            return Reply(self._statuses.pop(0) if self._statuses else 204)


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    receiver = Receiver(*statuses)
    receiver.server.start()
    try:
        yield receiver
    finally:
        receiver.server.stop()
