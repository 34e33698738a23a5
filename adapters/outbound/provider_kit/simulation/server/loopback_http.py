"""A threaded HTTP/1.1 server with keep-alive that can also break off a response on purpose."""

import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_BODY_BYTES = 1_000_000
JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """`cut`: send this share of the announced body, then close; 0 sends nothing."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    cut: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Answer = Callable[[Call], Reply]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "LoopbackServer"

    def do_DELETE(self) -> None:
        self._handle()

    def do_GET(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def _handle(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._send(Reply(413))
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.answer(Call(self.command, self.path, headers, body)))

    def _send(self, reply: Reply) -> None:
        if reply.cut is not None:
            self.close_connection = True
            if reply.cut == 0:
                return
        self.send_response(reply.status)
        if reply.status != 204:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        sent = reply.body if reply.cut is None else reply.body[: int(len(reply.body) * reply.cut)]
        self.wfile.write(sent)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Request bodies hold tokens, so nothing is logged."""


class LoopbackServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1; `stop` breaks every open connection and joins every thread."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Answer) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="simulator-http", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with suppress(OSError):  # on Linux it wakes `serve_forever`, which then stops at once
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self._thread.join()
        with self._open_lock:
            for connection in self._open:
                _break_off(connection)
        self.server_close()

    def process_request(self, request: object, client_address: object) -> None:
        if isinstance(request, socket.socket):
            with self._open_lock:
                self._open.add(request)
        super().process_request(request, client_address)  # type: ignore[arg-type]  # stdlib's own types are narrower than what it passes

    def shutdown_request(self, request: object) -> None:
        if isinstance(request, socket.socket):
            with self._open_lock:
                self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]  # as above

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that closes the connection is not an error; a fault of our own is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as above


def _break_off(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
