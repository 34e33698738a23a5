"""A pool of open sessions for many threads; sessions that the server has closed are dropped."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import BoundedSemaphore, Lock

from adapters.outbound.persistence.engine.driver_errors import DRIVER_ERRORS
from adapters.outbound.persistence.engine.session import Session
from ports.errors import PortError, StoreUnavailable


class Pool:
    def __init__(
        self, open_session: Callable[[], Session], *, size: int, wait_seconds: float
    ) -> None:
        self._open_session = open_session
        self._size = size
        self._wait_seconds = wait_seconds
        self._closed = False
        self._inherited: list[Session] = []
        self._idle: list[Session] = []
        self._reset_after_fork()

    def _reset_after_fork(self) -> None:
        """A forked child must neither use nor close its parent's connections. It keeps references,
        so that the garbage collector does not close them."""
        self._owner_pid = os.getpid()
        self._inherited += self._idle
        self._idle = []
        self._lock = Lock()
        self._slots = BoundedSemaphore(self._size)

    def take(self) -> Session:
        """Raises StoreUnavailable if no session becomes free in time."""
        if self._owner_pid != os.getpid():
            self._reset_after_fork()
        if not self._slots.acquire(timeout=self._wait_seconds):
            raise StoreUnavailable(reason="no_free_connection")
        with ExitStack() as cleanup:
            cleanup.callback(self._slots.release)
            session = self._pop_idle_session() or self._open_session()
            cleanup.pop_all()
        return session

    def give_back(self, session: Session) -> None:
        with self._lock:
            is_reusable = not self._closed and session.is_alive()
            if is_reusable:
                self._idle.append(session)
        if not is_reusable:
            _close_quietly(session)
        self._slots.release()

    def discard(self, session: Session) -> None:
        _close_quietly(session)
        self._slots.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        session = self.take()
        with ExitStack() as cleanup:
            cleanup.callback(self.discard, session)
            yield session
            cleanup.pop_all()
        self.give_back(session)

    def close(self) -> None:
        """Closes idle sessions now, those in use when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for session in idle:
            _close_quietly(session)

    def _pop_idle_session(self) -> Session | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                session = self._idle.pop()
            if session.is_alive():
                return session
            _close_quietly(session)


def _close_quietly(session: Session) -> None:
    try:
        session.close()
    except (PortError, *DRIVER_ERRORS):
        # The connection is broken, and the server has rolled its transaction back.
        return
