import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adapters.outbound.provider_kit.http.host_policy import HostPolicy
from ports.errors import ProviderUnavailable
from tests.adapters.provider_kit.http.scripted_server import running_server
from tests.adapters.provider_kit.http.test_transport import rig
from tests.certificates import write_certificate

LOCALHOST = HostPolicy(known=frozenset(), operator=frozenset({"localhost", "127.0.0.1"}))


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 inherited name
        pass


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path)


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes are the point
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    with running_server(server) as port:
        yield port


class TestTls:
    def test_rejects_certificate_of_unknown_issuer_without_retry(self, port: int) -> None:
        with rig(hosts=LOCALHOST) as r, pytest.raises(ProviderUnavailable) as caught:
            r.get(f"https://localhost:{port}/")
        assert caught.value.details["reason"] == "TLS failure"
        assert r.transport.counts().calls == 1

    def test_checks_certificate_against_host_name_not_address(
        self, port: int, certificate: Path
    ) -> None:
        with rig(hosts=LOCALHOST) as r:
            r.transport._session.verify = str(certificate)
            assert r.get(f"https://localhost:{port}/").status == 204
            with pytest.raises(ProviderUnavailable):
                r.get(f"https://127.0.0.1:{port}/")
