"""General webhooks, sent from a background thread (connector-api/events/wh-general.md).

Thin, unsigned, without id or time; repeated a few times when not answered with 2xx in 5 s.
"""

import http.client
import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from .simulated_hotel import Event

ANSWER_TIMEOUT_SECONDS = 5.0
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class WebhookTargetRefused(ValueError):
    """The simulator sends webhooks to http:// addresses on this machine only."""


@dataclass(frozen=True, slots=True)
class WebhookHabits:
    """How badly the sender behaves: `loss` is a share of events, `duplicates` of batches."""

    batch_size: int = 100
    loss: float = 0.0
    duplicates: float = 0.0
    reorder: bool = False
    delay_seconds: float = 0.0
    attempts: int = 4
    retry_pause_seconds: float = 1.0


class WebhookSender:
    """One thread, one queue. `stop` returns when the thread is gone; nothing is sent after it."""

    def __init__(
        self,
        url: str,
        *,
        enterprise_id: str,
        integration_id: str,
        habits: WebhookHabits | None = None,
        seed: int = 1,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in _LOOPBACK_HOSTS:
            raise WebhookTargetRefused
        self._host, self._port = parts.hostname, parts.port or 80
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._envelope = {"EnterpriseId": enterprise_id, "IntegrationId": integration_id}
        self._habits = habits or WebhookHabits()
        self._source = random.Random(f"webhooks:{seed}")
        self._waiting: list[Event] = []
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

    def send(self, events: Iterable[Event]) -> None:
        with self._changed:
            self._waiting.extend(events)
            self._changed.notify_all()

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until everything is delivered, lost or given up; False when time ran out."""
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

    def _send_all(self, events: list[Event]) -> None:
        if self._habits.delay_seconds:
            self._stopping.wait(self._habits.delay_seconds)
        for batch in self._batches(events):
            if self._stopping.is_set():
                return
            self._deliver(batch)

    def _batches(self, events: list[Event]) -> list[list[Event]]:
        habits, source = self._habits, self._source
        kept = [event for event in events if source.random() >= habits.loss]
        self.lost += len(events) - len(kept)
        if habits.reorder:
            source.shuffle(kept)
        size = habits.batch_size
        batches = [kept[start : start + size] for start in range(0, len(kept), size)]
        doubles = [batch for batch in batches if source.random() < habits.duplicates]
        return batches + doubles

    def _deliver(self, batch: list[Event]) -> None:
        listed = [{"Discriminator": e.discriminator, "Value": {"Id": e.id}} for e in batch]
        body = orjson.dumps({**self._envelope, "Events": listed})
        for attempt in range(self._habits.attempts):
            if attempt and self._stopping.wait(self._habits.retry_pause_seconds):
                return
            if self._post(body):
                self.delivered += len(batch)
                return
        self.abandoned += len(batch)

    def _post(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection(
            self._host or "127.0.0.1", self._port, timeout=ANSWER_TIMEOUT_SECONDS
        )
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            return 200 <= connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
