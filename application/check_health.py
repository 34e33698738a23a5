"""Health of the installation, part by part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Final

from domain.errors import PmsError
from ports.errors import StoreUnavailable
from ports.job_queue import JobQueue
from ports.queries import Queries
from ports.system import Clock

STORE_CHECK_SECONDS: Final = 5.0
"""A result of the store is returned this long, since its check writes."""
ANSWER_SECONDS: Final = 0.8
"""The queue takes up to a second more: together less than 2, a usual probe's limit."""


@dataclass(frozen=True, slots=True)
class Health:
    """`parts`: by name, None if it works, else the error's code."""

    parts: Mapping[str, str | None]

    @property
    def is_ready(self) -> bool:
        """Whether the store works; without a queue, webhooks and pushes are still stored."""
        return self.parts["store"] is None


class _StoreCheck:
    """The last result, and at most one check at work: while the store hangs, further callers wait
    for the same one."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._is_running = False
        self._code: str | None = None
        self._valid_until = float("-inf")

    def begin(self, queries: Queries, clock: Clock) -> None:
        with self._changed:
            if self._is_running or clock.monotonic() < self._valid_until:
                return
            self._is_running = True
        Thread(target=self._run, args=(queries, clock), daemon=True).start()

    def wait(self) -> str | None:
        """The error's code; StoreUnavailable's if there is no result in time."""
        with self._changed:
            if self._changed.wait_for(lambda: not self._is_running, ANSWER_SECONDS):
                return self._code
        return StoreUnavailable.code

    def _run(self, queries: Queries, clock: Clock) -> None:
        code: str | None = StoreUnavailable.code
        try:
            code = _error_code(queries.ping)
        finally:
            with self._changed:
                self._code, self._is_running = code, False
                self._valid_until = clock.monotonic() + STORE_CHECK_SECONDS
                self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class CheckHealth:
    queries: Queries
    queue: JobQueue
    clock: Clock
    _store: _StoreCheck = field(default_factory=_StoreCheck)

    def __call__(self) -> Health:
        """Answers within 2 seconds."""
        self._store.begin(self.queries, self.clock)
        queue = _error_code(self.queue.ping)
        return Health({"store": self._store.wait(), "queue": queue})


def _error_code(ping: Callable[[], None]) -> str | None:
    try:
        ping()
    except PmsError as error:
        return error.code
    return None
