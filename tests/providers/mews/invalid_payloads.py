"""A proxy that changes the simulator's responses, for errors that persist until repaired."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from tests.adapters.provider_kit.http.scripted_server import running_server

TransformResponse = Callable[[str, bytes], bytes]
"""From the operation and the response text to the text to send."""


class TransformingProxy:
    def __init__(self, simulator: MewsSimulator, port: int) -> None:
        self.simulator = simulator
        self.base_url = f"http://127.0.0.1:{port}"
        self.asked: list[str] = []
        self.transform_response: TransformResponse = _unchanged


def _unchanged(operation: str, text: bytes) -> bytes:
    return text


@contextmanager
def transforming_proxy(
    simulator: MewsSimulator, transform_response: TransformResponse = _unchanged
) -> Iterator[TransformingProxy]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: a second one waits for an ACK of 40 ms

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=60)
            upstream.request("POST", self.path, body, {"Content-Type": "application/json"})
            answer = upstream.getresponse()
            operation = self.path.removeprefix("/api/connector/v1/")
            proxy.asked.append(operation)
            text = proxy.transform_response(operation, answer.read())
            upstream.close()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 inherited name
            pass

    with running_server(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        proxy = TransformingProxy(simulator, port)
        proxy.transform_response = transform_response
        yield proxy
