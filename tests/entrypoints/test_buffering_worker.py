"""Slow and refused senders at the server of `pms web`."""

import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
from flask import Flask, Response, request
from waitress import wasyncore
from waitress.task import ThreadedTaskDispatcher

from adapters.inbound.rest.early_refusal import EXTENSION, needs_body
from entrypoints.local.polling import is_answering
from entrypoints.processes import buffering_worker as worker
from entrypoints.processes.buffering_worker import BufferingServer, serve
from tests.processes import PmsProcesses, processes_with_cwd, wait_until
from tests.servers import free_port

CREDENTIALS = b"Authorization: Bearer pmst_x\r\nX-PMS-Provider-Key: pmsk_x\r\n"
MAX_BODY = 100_000
PART, PARTS = 1_000_000, 8


class Loop:
    """A server whose loop the test turns."""

    def __init__(self) -> None:
        self.connections: dict[int, Any] = {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.tasks = ThreadedTaskDispatcher()
        self.tasks.set_thread_count(1)
        self.server: BufferingServer = serve(_echo(), self.listener, self.connections, self.tasks)

    def connect(self, *parts: bytes) -> socket.socket:
        client = socket.create_connection(self.listener.getsockname(), timeout=30)
        for part in parts:
            client.sendall(part)
        known = set(self.server.active_channels)
        self.turn_until(lambda: set(self.server.active_channels) - known)
        return client

    def turn_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline
            self.turn(1)

    def lingers(self) -> bool:
        return all(each._lingers_until for each in self.server.active_channels.values())

    def turn(self, times: int = 20) -> None:
        """Until everything sent so far has been received."""
        wasyncore.loop(0.01, use_poll=True, map=self.connections, count=times)

    def answer(self, client: socket.socket) -> bytes:
        """The response up to its end."""
        client.setblocking(False)
        received = bytearray()
        while b"\r\n\r\n" not in received:
            self.turn()
            try:
                received += client.recv(100_000)
            except BlockingIOError:
                continue
        client.setblocking(True)
        return bytes(received)

    def close_overdue(self, seconds: float) -> int:
        """As if it were `seconds` later; returns how many connections are left."""
        self.server.close_overdue(time.monotonic() + seconds)
        self.turn(1)
        return len(self.server.active_channels)


def _echo() -> Flask:
    app = Flask("echo")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions[EXTENSION] = needs_body(MAX_BODY)

    @app.route("/", methods=["GET", "POST"])
    def echo() -> Response:
        return Response(b"x" * int(request.args.get("size", 0)) or request.get_data())

    @app.get("/parts")
    def parts() -> Response:
        return Response(b"x" * PART for _ in range(PARTS))

    @app.post("/refused")
    def refuse() -> tuple[str, int]:
        return "unread", 401

    return app


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.tasks.shutdown(timeout=5)
    wasyncore.close_all(loop.connections)


def head(length: int = 0, *, path: str = "/", headers: bytes = CREDENTIALS) -> bytes:
    start = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n".encode()
    return start + headers + b"\r\n"


class TestDeadlines:
    def test_close_a_connection_without_a_request(self, loop: Loop) -> None:
        with closing(loop.connect()):
            assert loop.close_overdue(worker.HEAD_SECONDS - 5) == 1
            assert loop.close_overdue(worker.HEAD_SECONDS + 1) == 0

    def test_close_a_sender_of_slow_headers(self, loop: Loop) -> None:
        with closing(loop.connect(b"POST / HTTP/1.1\r\nHost: x\r\n")) as client:
            for _ in range(3):
                client.sendall(b"X-A: b\r\n")
                loop.turn()
            assert loop.close_overdue(worker.HEAD_SECONDS - 5) == 1
            assert loop.close_overdue(worker.HEAD_SECONDS + 1) == 0

    def test_close_a_sender_of_a_slow_body(self, loop: Loop) -> None:
        with closing(loop.connect(head(50_000), b"a" * 100)):
            loop.turn()
            assert loop.close_overdue(worker.GRACE_SECONDS - 5) == 1
            assert loop.close_overdue(worker.GRACE_SECONDS + 5) == 0

    def test_spare_a_sender_at_the_minimum_rate(self, loop: Loop) -> None:
        seconds = 20
        sent = b"a" * (seconds * worker.MIN_BYTES_PER_SECOND)
        with closing(loop.connect(head(50_000), sent)):
            loop.turn()
            assert loop.close_overdue(worker.GRACE_SECONDS + seconds / 2) == 1
            assert loop.close_overdue(worker.REQUEST_SECONDS + 1) == 0

    def test_close_an_idle_connection_after_the_keepalive(self, loop: Loop) -> None:
        with closing(loop.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")) as client:
            assert loop.answer(client).startswith(b"HTTP/1.1 200")
            (channel,) = loop.server.active_channels.values()
            loop.turn_until(lambda: channel.is_idle)
            assert loop.close_overdue(0) == 1
            assert loop.close_overdue(70) == 1
            assert loop.close_overdue(80) == 0

    def test_close_a_reader_that_stopped(self, loop: Loop) -> None:
        with closing(loop.connect(b"GET /?size=9000000 HTTP/1.1\r\nHost: x\r\n\r\n")):
            (channel,) = loop.server.active_channels.values()
            loop.turn_until(lambda: channel.total_outbufs_len and not channel.requests)
            loop.turn()
            assert loop.close_overdue(0) == 1
            assert loop.close_overdue(worker.RESPONSE_SECONDS + 1) == 0


class TestSending:
    def test_is_left_to_the_thread_that_answers(self, loop: Loop) -> None:
        with closing(loop.connect()):
            (channel,) = loop.server.active_channels.values()
            channel.requests, channel.total_outbufs_len = [object()], 1
            assert not channel.writable()
            channel.total_outbufs_len = channel.adj.outbuf_high_watermark
            assert channel.writable()

    def test_goes_on_while_the_thread_waits_for_room(self, loop: Loop) -> None:
        loop.server.adj.outbuf_high_watermark = PART
        with closing(loop.connect(b"GET /parts HTTP/1.0\r\nHost: x\r\n\r\n")) as client:
            received = bytearray()
            reader = Thread(
                target=lambda: received.extend(b"".join(iter(lambda: client.recv(PART), b"")))
            )
            reader.start()
            loop.turn_until(lambda: not reader.is_alive())
        assert len(received) > PART * PARTS


class TestClosedConnection:
    @pytest.mark.parametrize("unsent", [b"", b"a response"])
    def test_is_not_written_to(
        self, loop: Loop, caplog: pytest.LogCaptureFixture, unsent: bytes
    ) -> None:
        """The poll loop reports it as readable, which closes it, and as writable at once."""
        with closing(loop.connect()):
            (channel,) = loop.server.active_channels.values()
            channel.outbufs[0].append(unsent)
            channel.total_outbufs_len = len(unsent)
            channel.close_when_flushed = True
            channel.handle_close()
            channel.handle_write()
        assert not loop.server.active_channels
        assert caplog.messages == []

    def test_that_its_reader_resets_is_written_to_once(
        self, loop: Loop, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = loop.connect()
        (channel,) = loop.server.active_channels.values()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        channel.outbufs[0].append(b"a response")
        channel.total_outbufs_len = 10
        channel.close_when_flushed = True
        channel.handle_write()
        assert not loop.server.active_channels
        assert caplog.messages == []


class TestRefusalByHeaders:
    @pytest.mark.parametrize(
        ("length", "headers"),
        [(5_000, b""), (5_000, b"Authorization: Bearer pmst_x\r\n"), (MAX_BODY + 1, CREDENTIALS)],
    )
    def test_is_answered_before_the_body(self, loop: Loop, length: int, headers: bytes) -> None:
        sent = head(length, path="/refused", headers=headers)
        with closing(loop.connect(sent, b"only a part")) as client:
            response = loop.answer(client)
            assert response.startswith(b"HTTP/1.1 401")
            assert b"Connection: close" in response
            client.sendall(b"a" * 1_000)
            loop.turn_until(loop.lingers)
            assert loop.close_overdue(worker.LINGER_SECONDS + 1) == 0

    def test_does_not_ask_to_continue(self, loop: Loop) -> None:
        expecting = b"Expect: 100-continue\r\n"
        with closing(loop.connect(head(9, path="/refused", headers=expecting))) as client:
            assert loop.answer(client).startswith(b"HTTP/1.1 401")
        with closing(loop.connect(head(9, headers=CREDENTIALS + expecting))) as client:
            assert loop.answer(client).startswith(b"HTTP/1.1 100")

    def test_is_not_for_a_request_with_credentials(self, loop: Loop) -> None:
        with closing(loop.connect(head(9), b"123456")) as client:
            loop.turn()
            client.sendall(b"789")
            assert loop.answer(client).endswith(b"123456789")

    def test_the_application_answers_to_chunks_beyond_the_limit(self, loop: Loop) -> None:
        chunked = CREDENTIALS + b"Transfer-Encoding: chunked\r\n"
        start = b"POST / HTTP/1.1\r\nHost: x\r\n" + chunked + b"\r\n"
        chunk = b"2710\r\n" + b"a" * 10_000 + b"\r\n"
        with closing(loop.connect(start, chunk * 11)) as client:
            response = loop.answer(client)
            assert response.startswith(b"HTTP/1.1 413")
            assert b"text/html" in response

    def test_two_lengths_are_a_bad_request(self, loop: Loop) -> None:
        both = CREDENTIALS + b"Transfer-Encoding: chunked\r\n"
        with closing(
            loop.connect(head(6, headers=both), b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        ) as client:
            response = loop.answer(client)
            assert response.startswith(b"HTTP/1.1 400")
            assert response.count(b"HTTP/1.1") == 1

    def test_malformed_chunks_are_a_bad_request(self, loop: Loop) -> None:
        chunked = CREDENTIALS + b"Transfer-Encoding: chunked\r\n"
        sent = b"POST / HTTP/1.1\r\nHost: x\r\n" + chunked + b"\r\nnot hex\r\nabc\r\n0\r\n\r\n"
        with closing(loop.connect(sent)) as client:
            assert loop.answer(client).startswith(b"HTTP/1.1 400")


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[PmsProcesses]:
    with processes_with_cwd(
        tmp_path / "logs", PMS_HOME=str(tmp_path), PMS_WEB_WORKERS="1", PMS_WEB_THREADS="2"
    ) as started:
        assert started.run("db", "upgrade") == 0
        yield started


def health(port: int) -> str:
    return f"http://127.0.0.1:{port}/healthz"


def start_web(processes: PmsProcesses, port: int) -> psutil.Process:
    started = processes.start("web", PMS_PORT=str(port))
    wait_until(lambda: is_answering(health(port)), seconds=60, description="an answer")
    return psutil.Process(started.pid)


class TestWebProcess:
    def test_answers_beside_more_slow_senders_than_threads(self, processes: PmsProcesses) -> None:
        port = free_port()
        start_web(processes, port)
        address = ("127.0.0.1", port)
        slow = [socket.create_connection(address, timeout=30) for _ in range(60)]
        try:
            for number, sender in enumerate(slow):
                sender.sendall(head(50_000)[: None if number % 2 else 30])
            wait_until(
                lambda: is_answering(health(port)), seconds=60, description="an answer beside them"
            )
        finally:
            for sender in slow:
                sender.close()

    def test_workers_of_a_killed_master_leave_the_port(self, processes: PmsProcesses) -> None:
        port = free_port()
        master = start_web(processes, port)
        workers = master.children(recursive=True)
        with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as kept_open:
            kept_open.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert kept_open.recv(100)
            master.send_signal(signal.SIGKILL)
            start_web(processes, port)
            wait_until(
                lambda: not any(each.is_running() for each in workers),
                seconds=60,
                description="the workers' end",
            )
