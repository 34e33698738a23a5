"""gunicorn's worker with waitress as its HTTP server: one thread receives and sends for all
connections, and a request gets a thread of its own when it is complete.

gunicorn's threaded worker reads a request in the thread that answers it, so that as many slow
senders as threads stop all answers. Here a slow sender costs a buffer until its deadline.
"""

import logging
import os
import time
from collections.abc import Mapping
from socket import SHUT_WR, socket
from types import FrameType
from typing import Any, Final, cast

from flask import Flask
from gunicorn.workers.base import Worker
from typing_extensions import override
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import RequestEntityTooLarge

from adapters.inbound.rest.early_refusal import EXTENSION, NeedsBody

HEAD_SECONDS: Final = 10.0
"""From a request's first byte, or a new connection, to the end of the headers."""
GRACE_SECONDS: Final = 10.0
MIN_BYTES_PER_SECOND: Final = 1_024
"""On average after the grace time. 8 MB at this rate are over the time of a request."""
REQUEST_SECONDS: Final = 300.0
RESPONSE_SECONDS: Final = 30.0
"""Without progress of a response."""
_POLL_SECONDS: Final = 1.0
LINGER_SECONDS: Final = 2.0
"""How long a refused sender may go on sending, so that it reads the response, and how long a
stopping worker keeps idle connections."""
MAX_CONNECTIONS: Final = 1_000
_MAX_BODY_BYTES: Final = 64 * 1024 * 1024
"""Where the application has no limit."""
_MAX_HEADER_BYTES: Final = 32 * 1024
_MEMORY_PER_BODY: Final = 64 * 1024
"""The rest is in a temporary file."""

_LOG: Final = logging.getLogger("pms.web")


def _needs_any_body(path: str, headers: Mapping[str, str]) -> bool:  # noqa: ARG001  # a NeedsBody
    return True


class _Adjustments(Adjustments):  # type: ignore[misc]  # waitress has no types
    """Waitress' options; its parsers have no other way to the application."""

    needs_body: NeedsBody


class _Request(HTTPRequestParser):  # type: ignore[misc]
    """A request that its headers refuse is complete without its body."""

    adj: _Adjustments
    body_rcv: object
    error: object

    @override
    def received(self, data: bytes) -> int:
        """A chunked body beyond the limit is left to the application as well, for its response."""
        consumed = int(super().received(data))
        if isinstance(self.error, RequestEntityTooLarge) and self.chunked:
            self.error = None
            self.headers["CONTENT_LENGTH"] = str(self.body_bytes_received)
            self.headers["CONNECTION"] = "close"
        return consumed

    @override
    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            # A proxy that goes by the other one would end the request elsewhere (RFC 9112, 6.1).
            raise ParsingError("Content-Length and Transfer-Encoding")
        if self.body_rcv is None or self.adj.needs_body(self.path, self.headers):
            return
        self.body_rcv = None
        self.content_length = 0
        self.expect_continue = False
        self.headers["CONNECTION"] = "close"


class _Connection(HTTPChannel):  # type: ignore[misc]
    parser_class = _Request
    _lingers_until: float | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._started_at = time.monotonic()
        self._idle_since: float | None = self._started_at
        self._sent_at, self._unsent = 0.0, 0
        self._is_used = False
        super().__init__(*arguments, **options)

    @property
    def is_idle(self) -> bool:
        return not (self.requests or self.request or self.total_outbufs_len)

    @override
    def received(self, data: bytes) -> bool:
        if self._lingers_until is not None:
            return False
        if self.request is None:
            self._started_at = time.monotonic()
        return bool(super().received(data))

    @override
    def service(self) -> None:
        self._is_used = True
        if self.server.is_stopping:
            self.requests[0].headers["CONNECTION"] = "close"
        super().service()

    @override
    def readable(self) -> bool:
        return self._lingers_until is not None or bool(super().readable())

    @override
    def writable(self) -> bool:
        """The thread that answers sends by itself until it waits for room. A loop that tried, too,
        would turn without pause until that thread releases the lock of the output."""
        is_answering = self.requests and not self.will_close
        if is_answering and self.total_outbufs_len < self.adj.outbuf_high_watermark:
            return False
        return bool(super().writable())

    @override
    def handle_write(self) -> None:
        """Closing a socket with unread bytes would destroy the response on its way. The poll loop
        also calls it for a connection that it has just closed as readable."""
        if not self.connected:
            return
        if self._lingers_until is None and self.close_when_flushed:
            self._flush_exception(self._flush_some)
            if not self.connected:
                return
            if not self.total_outbufs_len:
                self._linger()
                return
        super().handle_write()

    def _linger(self) -> None:
        self.close_when_flushed = False
        self._lingers_until = time.monotonic() + LINGER_SECONDS
        try:
            self.socket.shutdown(SHUT_WR)
        except OSError:
            self.will_close = True

    def is_overdue(self, now: float) -> bool:
        """To be asked every second or so."""
        if self._lingers_until is not None:
            return now > self._lingers_until
        if self.is_idle:
            return self._is_forgotten(now)
        self._idle_since = None
        if self.requests:
            return False
        if self.request is not None:
            return self._is_slow(self.request, now - self._started_at)
        return self._is_unread(now)

    def _is_forgotten(self, now: float) -> bool:
        if self._idle_since is None:
            self._idle_since = now
        patience = self.adj.channel_timeout if self._is_used else HEAD_SECONDS
        return now - self._idle_since > patience

    def _is_unread(self, now: float) -> bool:
        if self.total_outbufs_len != self._unsent:
            self._unsent, self._sent_at = self.total_outbufs_len, now
        return now - self._sent_at > RESPONSE_SECONDS

    @staticmethod
    def _is_slow(request: HTTPRequestParser, seconds: float) -> bool:
        if not request.headers_finished:
            return seconds > HEAD_SECONDS
        received = request.header_bytes_received + request.body_bytes_received
        expected = (seconds - GRACE_SECONDS) * MIN_BYTES_PER_SECOND
        return received < expected or seconds > REQUEST_SECONDS


class BufferingServer(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Connection
    is_stopping = False

    @override
    def maintenance(self, now: float) -> None:
        """Called by the clock of the day; see `close_overdue`."""

    def close_overdue(self, now: float) -> None:
        """`now`: of the monotonic clock. At once, since a socket whose reader has stopped never
        becomes writable, which waitress waits for; no thread works for an overdue connection."""
        overdue = [each for each in self.active_channels.values() if each.is_overdue(now)]
        for connection in overdue:
            connection.handle_close()
        if overdue:
            _LOG.info("slow_connections_closed", extra={"count": len(overdue)})

    def close_idle(self) -> None:
        for connection in self.active_channels.values():
            if connection.is_idle:
                connection.will_close = True

    def stop_accepting(self) -> None:
        self.is_stopping = True
        wasyncore.dispatcher.close(self)


def serve(
    application: Flask,
    listener: socket,
    connections: dict[int, Any],
    tasks: ThreadedTaskDispatcher,
    *,
    keepalive: float = 75,
) -> BufferingServer:
    """`connections`: of the poll loop, by file descriptor. `keepalive`: seconds."""
    options = _Adjustments(
        sockets=[listener],
        ident=None,
        connection_limit=MAX_CONNECTIONS,
        channel_timeout=keepalive,
        max_request_header_size=_MAX_HEADER_BYTES,
        max_request_body_size=(application.config["MAX_CONTENT_LENGTH"] or _MAX_BODY_BYTES) + 1,
        inbuf_overflow=_MEMORY_PER_BODY,
        asyncore_use_poll=True,
    )
    options.needs_body = application.extensions.get(EXTENSION, _needs_any_body)
    address = (listener.family, listener.type, listener.proto, listener.getsockname())
    return BufferingServer(
        application,
        map=connections,
        _sock=listener,
        dispatcher=tasks,
        adj=options,
        sockinfo=address,
        bind_socket=False,
    )


class BufferingWorker(Worker):
    """gunicorn's `worker_class`, for a Flask application."""

    _next_check = 0.0

    @override
    def run(self) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._connections: dict[int, Any] = {}
        tasks = ThreadedTaskDispatcher()
        tasks.set_thread_count(self.cfg.threads)
        self._servers = [
            serve(
                cast("Flask", self.wsgi),
                listener.sock,
                self._connections,
                tasks,
                keepalive=self.cfg.keepalive,
            )
            for listener in cast("list[Any]", self.sockets)
        ]
        while self.alive and os.getppid() == self.ppid:
            self._receive_and_send()
        self._drain()
        tasks.shutdown(timeout=5)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        for server in getattr(self, "_servers", ()):
            server.pull_trigger()

    def _receive_and_send(self) -> None:
        wasyncore.loop(_POLL_SECONDS, use_poll=True, map=self._connections, count=1)
        now = time.monotonic()
        if now >= self._next_check:
            self._next_check = now + _POLL_SECONDS
            self.notify()
            for server in self._servers:
                server.close_overdue(now)

    def _drain(self) -> None:
        """Answers the requests that have begun, and those that a client may be sending on a
        connection that was kept open."""
        for server in self._servers:
            server.stop_accepting()
        began = time.monotonic()
        while time.monotonic() < began + self.cfg.graceful_timeout:
            if time.monotonic() > began + LINGER_SECONDS:
                for server in self._servers:
                    server.close_idle()
            if not any(server.active_channels for server in self._servers):
                break
            self._receive_and_send()
