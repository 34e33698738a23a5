"""A vendor that answers late: passes requests on to a simulator and counts them."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PASSED_ON = ("Content-Type", "Authorization")


class SlowProxy(ThreadingHTTPServer):
    """`seconds`: added to each request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target: str, *, seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.seconds = seconds
        self.calls = 0
        self.lock = threading.Lock()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SlowProxy

    def do_POST(self) -> None:
        with self.server.lock:
            self.server.calls += 1
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.server.seconds)
        headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
        request = urllib.request.Request(
            self.server.target + self.path, body, headers, method=self.command
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                self._answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.headers, error.read())

    def _answer(self, status: int, headers: Any, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None: ...


@contextmanager
def slow_proxy(target: str, *, seconds: float = 0.0) -> Iterator[SlowProxy]:
    with SlowProxy(target, seconds=seconds) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()
