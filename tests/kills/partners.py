"""Partners that push versions of bookings until they are stopped, whatever is answered."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.kills.ledger import Write, WriteLedger
from tests.processes import wait_until

BOOKINGS: Final = 25
"""Of each partner."""
PAUSE_SECONDS: Final = 0.05
"""After a refusal or a lost connection."""
ANSWER_SECONDS: Final = 60.0
ACKNOWLEDGED: Final = ("200", "202")
RECOVERY_SECONDS: Final = 300.0


@dataclass(slots=True)
class HotelPartner:
    """One at a time over a kept connection: single pushes and arrays, some deferred, some with an
    Idempotency-Key. What is not acknowledged is sent again, or followed by a newer version."""

    hotel: str
    port: int
    key: str
    token: str
    ledger: WriteLedger
    seed: int = 0
    pause_seconds: float = 0.02
    """Between two pushes."""
    defers: bool = True
    """Whether some pushes are `respond-async`, which need a worker."""
    answers: Counter[str] = field(default_factory=Counter)
    """By status, or by the error where there is none."""
    acknowledged: list[tuple[float, float]] = field(default_factory=list)
    """When each acknowledged request was sent and answered."""
    slowest_refusal: float = 0.0
    """Seconds until the slowest answer that was no acknowledgement."""
    _versions: Counter[str] = field(default_factory=Counter)
    _connection: http.client.HTTPConnection | None = None

    def run(self, stopping: threading.Event) -> None:
        source = Random(f"{self.hotel}:{self.seed}")
        while not stopping.wait(self.pause_seconds):
            ids = source.sample(range(BOOKINGS), source.choice((1, 1, 1, 1, 3)))
            self._push_until_acknowledged(self._next_writes(ids), source, stopping)
        self._disconnect()

    def _next_writes(self, ids: Sequence[int]) -> list[Write]:
        external_ids = [f"B-{number}" for number in ids]
        self._versions.update(external_ids)
        return [Write(self.hotel, each, self._versions[each]) for each in external_ids]

    def _push_until_acknowledged(
        self, writes: Sequence[Write], source: Random, stopping: threading.Event
    ) -> None:
        headers = self._headers(source, writes[0].mark)
        self.ledger.sent(writes)
        while not stopping.is_set():
            sent_at = time.monotonic()
            answer = self._push(writes, headers)
            self.answers[answer] += 1
            if answer in ACKNOWLEDGED:
                self.ledger.acknowledged(writes)
                self.acknowledged.append((sent_at, time.monotonic()))
                return
            self.slowest_refusal = max(self.slowest_refusal, time.monotonic() - sent_at)
            if source.random() < 0.3:  # this sender gives it up
                return
            stopping.wait(PAUSE_SECONDS)

    def credentials(self) -> dict[str, str]:
        return {"X-PMS-Provider-Key": self.key, "Authorization": f"Bearer {self.token}"}

    def _headers(self, source: Random, mark: str) -> dict[str, str]:
        headers = self.credentials() | {"Content-Type": "application/json"}
        kind = source.random()
        if kind < 0.2:
            headers["Idempotency-Key"] = mark
        elif kind < 0.35 and self.defers:
            headers["Prefer"] = "respond-async"
        return headers

    def _push(self, writes: Sequence[Write], headers: dict[str, str]) -> str:
        """The status, or the name of an error."""
        body = json.dumps([write.payload() for write in writes])
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=ANSWER_SECONDS
                )
            self._connection.request("POST", "/api/pms/canonical/bookings", body, headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._disconnect()
            return type(error).__name__
        return str(answer.status)

    def acknowledged_since(self, moment: float) -> float | None:
        """When the first request that was sent after the moment was acknowledged."""
        recent = (done for sent, done in reversed(self.acknowledged) if sent > moment)
        return min(recent, default=None)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
        self._connection = None


@dataclass
class Ingest:
    """All partners, each in a thread."""

    partners: Sequence[HotelPartner]

    @property
    def acknowledged(self) -> int:
        return sum(len(partner.acknowledged) for partner in self.partners)

    @property
    def answers(self) -> Counter[str]:
        return sum((partner.answers for partner in self.partners), Counter[str]())

    @property
    def refused(self) -> int:
        """Requests without an acknowledgement."""
        return sum(count for each, count in self.answers.items() if each not in ACKNOWLEDGED)

    def take_slowest_refusal(self) -> float:
        """Since the last call."""
        slowest = max(partner.slowest_refusal for partner in self.partners)
        for partner in self.partners:
            partner.slowest_refusal = 0.0
        return slowest

    def wait_for_more(self, count: int) -> None:
        wanted = self.acknowledged + count
        wait_until(
            lambda: self.acknowledged >= wanted,
            seconds=RECOVERY_SECONDS,
            description="acknowledgements",
        )

    def wait_for_refusals(self, count: int) -> None:
        wanted = self.refused + count
        wait_until(lambda: self.refused >= wanted, seconds=RECOVERY_SECONDS, description="refusals")

    def recovery_seconds(self, since: float) -> float:
        """Until each partner had an acknowledgement of what it sent after `since`, of the monotonic
        clock."""
        wait_until(
            lambda: all(each.acknowledged_since(since) for each in self.partners),
            seconds=RECOVERY_SECONDS,
            description="an acknowledgement for each partner",
        )
        return max(each.acknowledged_since(since) or since for each in self.partners) - since


@contextmanager
def ingest(partners: Sequence[HotelPartner]) -> Iterator[Ingest]:
    stopping = threading.Event()
    threads = [threading.Thread(target=each.run, args=(stopping,)) for each in partners]
    for thread in threads:
        thread.start()
    try:
        yield Ingest(partners)
    finally:
        stopping.set()
        for thread in threads:
            thread.join(ANSWER_SECONDS + 30)
