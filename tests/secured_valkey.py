"""A Valkey as in production: a password, an ACL user for the product, and TLS in front of it.

The wheel's Valkey is built without TLS, so a proxy of the test ends it, as stunnel or a managed
service does. The clients see the same: a certificate that they check against their CA.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from adapters.outbound.jobs.redis_access import access_rules
from tests.certificates import write_certificate
from tests.servers import HOST, ValkeyServer

USER, PASSWORD = "pms", "planted-queue-password"
ADMIN_PASSWORD = "planted-admin-password"


@dataclass
class SecuredValkey:
    """`url`: of the product's user, over TLS."""

    server: ValkeyServer
    admin: "redis.Redis"
    port: int
    ca: Path

    @property
    def url(self) -> str:
        return self.url_as(USER, PASSWORD)

    def url_as(self, user: str, password: str) -> str:
        return f"rediss://{user}:{password}@localhost:{self.port}/0?ssl_ca_certs={self.ca}"

    @property
    def url_without_ca(self) -> str:
        return self.url.partition("?")[0]

    def refused(self) -> list[tuple[str, str]]:
        """What the server refused since the last call: the reason and what it was."""
        logged: list[Any] = self.admin.acl_log()
        self.admin.acl_log_reset()
        return [(_text(entry["reason"]), _text(entry["object"])) for entry in logged]


@contextmanager
def secured_valkey(directory: Path) -> Iterator[SecuredValkey]:
    with ExitStack() as stack:
        server = stack.enter_context(ValkeyServer())
        setup = stack.enter_context(redis.Redis.from_url(server.url()))
        everything = ("~*", "&*", "+@all")
        for user, password, rules in (
            ("admin", ADMIN_PASSWORD, everything),
            (USER, PASSWORD, access_rules().split()),
        ):
            setup.execute_command("ACL", "SETUSER", user, "on", f">{password}", *rules)
        admin_url = server.url().replace("//", f"//admin:{ADMIN_PASSWORD}@")
        admin = stack.enter_context(redis.Redis.from_url(admin_url))
        admin.execute_command("ACL", "SETUSER", "default", "off")
        certificate = write_certificate(directory)
        proxy = TlsProxy(server.port, certificate)
        stack.callback(proxy.close)
        yield SecuredValkey(server, admin, proxy.port, certificate)


class TlsProxy:
    """Ends TLS and passes the bytes on."""

    def __init__(self, target_port: int, certificate: Path) -> None:
        self._target_port = target_port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._is_open = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._is_open.wait(timeout=30)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._is_stopped.set)
        self._thread.join()

    async def _run(self) -> None:
        """Its end cancels what is still connected."""
        self._loop, self._is_stopped = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._serve, HOST, 0, ssl=self._context) as server:
            self.port: int = server.sockets[0].getsockname()[1]
            self._is_open.set()
            await self._is_stopped.wait()

    async def _serve(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        from_server, to_server = await asyncio.open_connection(HOST, self._target_port)
        copies = (_copy(from_client, to_server), _copy(from_server, to_client))
        try:
            await asyncio.wait(
                [asyncio.ensure_future(copy) for copy in copies],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for writer in (to_client, to_server):
                writer.transport.abort()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
