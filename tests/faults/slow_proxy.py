"""A vendor that answers late: passes requests on to a simulator and counts them."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adapters.outbound.provider_kit.simulation.server.loopback_http import (
    Call,
    LoopbackServer,
    Reply,
)

PASSED_ON = ("content-type", "authorization")


class SlowProxy:
    """`seconds`: added to each request."""

    def __init__(self, target: str, *, seconds: float) -> None:
        self.target = target
        self.seconds = seconds
        self.calls = 0
        self.is_stopped = threading.Event()
        self.server = LoopbackServer(0, self._answer)
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            self.calls += 1
        self.is_stopped.wait(self.seconds)
        headers = {name: call.headers[name] for name in PASSED_ON if name in call.headers}
        request = urllib.request.Request(
            self.target + call.path, call.body, headers, method=call.method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return _reply(answer.status, answer)
        except urllib.error.HTTPError as error:
            return _reply(error.code, error)


def _reply(status: int, answer: Any) -> Reply:
    return Reply(status, answer.read(), content_type=answer.headers["Content-Type"])


@contextmanager
def slow_proxy(target: str, *, seconds: float = 0.0) -> Iterator[SlowProxy]:
    proxy = SlowProxy(target, seconds=seconds)
    proxy.server.start()
    try:
        yield proxy
    finally:
        proxy.is_stopped.set()
        proxy.server.stop()
