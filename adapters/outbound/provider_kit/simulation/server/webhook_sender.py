"""Sends webhooks from a background thread; retries those not answered with 2xx within 5 s."""

import http.client
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar
from urllib.parse import urlsplit

ANSWER_TIMEOUT_SECONDS = 5.0
JSON_HEADERS: Mapping[str, str] = MappingProxyType({"Content-Type": "application/json"})
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


E = TypeVar("E")


class WebhookTargetRefused(ValueError):
    """The simulator sends webhooks to http:// addresses on this machine only."""


@dataclass(frozen=True, slots=True)
class WebhookFaults:
    """Delivery faults: `loss` is a share of events, `duplicates` of batches."""

    batch_size: int = 100
    loss: float = 0.0
    duplicates: float = 0.0
    reorder: bool = False
    delay_seconds: float = 0.0
    attempts: int = 4
    retry_pause_seconds: float = 1.0


class WebhookSender(Generic[E]):
    """One thread, one queue. `stop` returns when the thread has ended; nothing is sent after it.

    `compose` makes the body of a batch of events, once per batch: a repeated message is the same to
    the byte. `sign` gives the headers that prove the sender of a body.
    """

    def __init__(
        self,
        url: str,
        *,
        compose: Callable[[Sequence[E]], bytes],
        webhook_faults: WebhookFaults | None = None,
        headers: Mapping[str, str] = JSON_HEADERS,
        sign: Callable[[bytes], Mapping[str, str]] = lambda _: {},
        seed: int = 1,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in _LOOPBACK_HOSTS:
            raise WebhookTargetRefused
        self._host, self._port = parts.hostname, parts.port or 80
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._compose = compose
        self._headers = dict(headers)
        self._sign = sign
        self._webhook_faults = webhook_faults or WebhookFaults()
        self._source = random.Random(f"webhooks:{seed}")
        self._waiting: list[E] = []
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._busy = False
        self.delivered = self.lost = self.abandoned = 0
        self._thread = threading.Thread(target=self._run, name="simulator-webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join()

    def send(self, events: Iterable[E]) -> None:
        with self._changed:
            self._waiting.extend(events)
            self._changed.notify_all()

    def flush(self, timeout_seconds: float) -> bool:
        """Waits until every event is delivered, lost or abandoned; False on timeout."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._waiting and not self._busy, timeout_seconds
            )

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
                taken, self._waiting = self._waiting, []
                self._busy = bool(taken)
            self._send_all(taken)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _send_all(self, events: list[E]) -> None:
        if self._webhook_faults.delay_seconds:
            self._stopping.wait(self._webhook_faults.delay_seconds)
        for size, body in self._batches(events):
            if self._stopping.is_set():
                return
            self._deliver(size, body)

    def _batches(self, events: list[E]) -> list[tuple[int, bytes]]:
        """(number of events, their body)"""
        webhook_faults, source = self._webhook_faults, self._source
        events_kept = [event for event in events if source.random() >= webhook_faults.loss]
        self.lost += len(events) - len(events_kept)
        if webhook_faults.reorder:
            source.shuffle(events_kept)
        size = webhook_faults.batch_size
        parts = [events_kept[start : start + size] for start in range(0, len(events_kept), size)]
        batches = [(len(part), self._compose(part)) for part in parts]
        duplicates_sent = [
            batch for batch in batches if source.random() < webhook_faults.duplicates
        ]
        return batches + duplicates_sent

    def _deliver(self, size: int, body: bytes) -> None:
        for attempt in range(self._webhook_faults.attempts):
            if attempt and self._stopping.wait(self._webhook_faults.retry_pause_seconds):
                return
            if self._post(body):
                self.delivered += size
                return
        self.abandoned += size

    def _post(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection(
            self._host or "127.0.0.1", self._port, timeout=ANSWER_TIMEOUT_SECONDS
        )
        try:
            headers = {**self._headers, **self._sign(body)}
            connection.request("POST", self._path, body, headers)
            return 200 <= connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
