"""HTTP servers on 127.0.0.1; one of them answers by a script, one line for each request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TypeAlias

Reply: TypeAlias = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Reply:
    """Header names with underscores for hyphens."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def truncated(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"a": ')
    handler.close_connection = True


def hung_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


class ScriptedServer:
    def __init__(self, port: int, script: list[Reply]) -> None:
        self.port = port
        self.script = script
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    def url(self, path: str = "/api/things", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def running_server(server: ThreadingHTTPServer) -> Iterator[int]:
    """Returns its port."""
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serving(*script: Reply) -> Iterator[ScriptedServer]:
    """Answers 200 `{}` when the script has ended."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.requests.append((self.command, self.path, headers, body))
            (state.script.pop(0) if state.script else answer())(self)

        do_POST = do_GET  # noqa: N815 http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 inherited name
            pass

    with running_server(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        state = ScriptedServer(port, list(script))
        yield state
