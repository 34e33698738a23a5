"""The load generator: one process, many persistent connections, one request at a time on each.

It implements only the HTTP that it needs: requests are built before the run, a response ends after
its Content-Length. Reads one JSON object of options from standard input and prints one of results;
`busy` is the share of the run that this process used itself.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

LENGTH = b"content-length:"


@dataclass(slots=True, kw_only=True)
class Load:
    """Ends after `max_requests` responses or `seconds`. In `body`, `{n}` becomes the number of the
    request, counted from `first`."""

    port: int
    path: str
    headers: dict[str, str]
    body: str
    first: int
    seconds: float
    connections: int
    max_requests: int

    def requests(self) -> list[bytes]:
        before, after = self.body.encode().split(b"{n}")
        digits = 9
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        length = len(before) + digits + len(after)
        start = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode() + before
        return [start + b"%0*d" % (digits, n) + after for n in self.numbers()]

    def numbers(self) -> range:
        return range(self.first, self.first + self.max_requests)


@dataclass(slots=True)
class LoadResult:
    answered: int = 0
    failed: int = 0
    seconds: float = 0.0
    busy: float = 0.0
    milliseconds: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, object]:
        ordered = sorted(self.milliseconds) or [0.0]
        summary: dict[str, object] = asdict(self)
        del summary["milliseconds"]
        summary["p50_ms"] = round(ordered[len(ordered) // 2], 2)
        summary["p99_ms"] = round(ordered[len(ordered) * 99 // 100], 2)
        return summary


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read_status(self) -> bytes | None:
        """The status code once the response is complete, else None; 000 for a closed connection."""
        part = self.socket.recv(65_536)
        if not part:
            return b"000"
        self.received += part
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        lowered = head.lower()
        start_index = lowered.index(LENGTH) + len(LENGTH)
        length = int(lowered[start_index:].split(b"\r\n", 1)[0])
        return head[9:12] if len(body) >= length else None


def run_load(load: Load) -> LoadResult:
    requests = iter(load.requests())
    result = LoadResult()
    with selectors.DefaultSelector() as selector:
        connections = [_connect(load.port) for _ in range(load.connections)]
        started_at, cpu_started_at = time.perf_counter(), time.process_time()
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(requests))
        _send_until(started_at + load.seconds, selector, requests, result)
        result.seconds = time.perf_counter() - started_at
        result.busy = (time.process_time() - cpu_started_at) / result.seconds
        for connection in connections:
            connection.socket.close()
    return result


def _send_until(
    deadline: float,
    selector: selectors.BaseSelector,
    requests: Iterator[bytes],
    result: LoadResult,
) -> None:
    while selector.get_map() and time.perf_counter() < deadline:
        for key, _ in selector.select(timeout=1):
            connection: _Connection = key.data
            status = connection.read_status()
            if status is None:
                continue
            result.milliseconds.append((time.perf_counter() - connection.sent_at) * 1_000)
            result.answered += 1
            result.failed += status != b"200"
            if status == b"000":
                raise SystemExit("the server closed a connection")
            request = next(requests, None)
            if request is None:
                selector.unregister(connection.socket)
            else:
                connection.send(request)


def _connect(port: int) -> _Connection:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Connection(connection)


if __name__ == "__main__":
    print(json.dumps(run_load(Load(**json.load(sys.stdin))).summary()))
