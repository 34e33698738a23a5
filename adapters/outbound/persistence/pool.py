"""Open sessions for many threads. A session that the server ended meanwhile is not handed out."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import BoundedSemaphore, Lock
from typing import Final

from adapters.outbound.persistence.failures import DRIVER_ERRORS
from adapters.outbound.persistence.session import Session
from ports.errors import PortError, StoreUnavailable

WAIT_SECONDS: Final = 15.0


class Pool:
    def __init__(
        self, opened: Callable[[], Session], *, size: int, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._open = opened
        self._size = size
        self._wait_seconds = wait_seconds
        self._closed = False
        self._inherited: list[Session] = []
        self._idle: list[Session] = []
        self._start_afresh()

    def _start_afresh(self) -> None:
        """In a forked child the parent's connections must be neither used nor closed: they are kept
        out of the collector's way."""
        self._owner = os.getpid()
        self._inherited += self._idle
        self._idle = []
        self._lock = Lock()
        self._places = BoundedSemaphore(self._size)

    def take(self) -> Session:
        """Raises StoreUnavailable when none comes free in time."""
        if self._owner != os.getpid():
            self._start_afresh()
        if not self._places.acquire(timeout=self._wait_seconds):
            raise StoreUnavailable(reason="no_free_connection")
        with ExitStack() as unless_taken:
            unless_taken.callback(self._places.release)
            session = self._idle_one() or self._open()
            unless_taken.pop_all()
        return session

    def give_back(self, session: Session) -> None:
        with self._lock:
            kept = not self._closed and session.is_alive()
            if kept:
                self._idle.append(session)
        if not kept:
            _close(session)
        self._places.release()

    def discard(self, session: Session) -> None:
        _close(session)
        self._places.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        session = self.take()
        with ExitStack() as if_it_fails:
            if_it_fails.callback(self.discard, session)
            yield session
            if_it_fails.pop_all()
        self.give_back(session)

    def close(self) -> None:
        """The idle ones now, those in use when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for session in idle:
            _close(session)

    def _idle_one(self) -> Session | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                session = self._idle.pop()
            if session.is_alive():
                return session
            _close(session)


def _close(session: Session) -> None:
    try:
        session.close()
    except (PortError, *DRIVER_ERRORS):
        # It is broken already; the server has rolled its transaction back.
        return
