"""How many requests of one token a process executes, so that one hotel's do not fill all threads.

Threads of a process share one interpreter lock, so executing several at once gains nothing: one
executes, a few wait, more are refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from uuid import UUID

from adapters.inbound.rest.problems import TooManyConcurrent

MAX_CONCURRENT: Final = 4
"""One that executes and three that wait, of the 8 threads of a web process."""


@dataclass(slots=True)
class _TokenQueue:
    turn: Lock = field(default_factory=Lock)
    requests: int = 0


class TokenSlots:
    def __init__(self) -> None:
        self._queues: dict[UUID, _TokenQueue] = {}
        self._lock = Lock()

    @contextmanager
    def take(self, token_id: UUID) -> Iterator[None]:
        """Waits for the token's other requests. Raises TooManyConcurrent."""
        queue = self._join(token_id)
        try:
            with queue.turn:
                yield
        finally:
            self._leave(token_id, queue)

    def count(self, token_id: UUID) -> int:
        """The token's requests that execute or wait."""
        with self._lock:
            queue = self._queues.get(token_id)
            return queue.requests if queue else 0

    def _join(self, token_id: UUID) -> _TokenQueue:
        with self._lock:
            queue = self._queues.setdefault(token_id, _TokenQueue())
            if queue.requests >= MAX_CONCURRENT:
                raise TooManyConcurrent
            queue.requests += 1
            return queue

    def _leave(self, token_id: UUID, queue: _TokenQueue) -> None:
        with self._lock:
            queue.requests -= 1
            if not queue.requests:
                del self._queues[token_id]
