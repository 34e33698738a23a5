"""Connections that check the address they are about to use.

The name is resolved once, every address is checked, and the connection goes to a checked address:
a name that resolves differently afterwards (DNS rebinding) has no effect.
"""

import socket

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError
from urllib3.poolmanager import PoolManager

from adapters.outbound.provider_kit.http.host_policy import HostPolicy


def guarded_pools(policy: HostPolicy, *, connections: int) -> PoolManager:
    """A pool manager of `policy`'s own, without proxies and without retries."""

    class PlainConnection(HTTPConnection):
        checked_scheme = "http"

        def _new_conn(self) -> socket.socket:
            name = self._dns_host
            self._dns_host = _checked_address(policy, self, self.checked_scheme)
            try:
                return super()._new_conn()
            finally:
                self._dns_host = name

    class TlsConnection(PlainConnection, HTTPSConnection):
        checked_scheme = "https"

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    pools = PoolManager(num_pools=2, maxsize=connections)
    pools.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
    return pools


def _checked_address(policy: HostPolicy, connection: HTTPConnection, scheme: str) -> str:
    host = connection.host
    policy.check_host(scheme, host, connection.port)
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise NameResolutionError(host, connection, socket.gaierror()) from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        policy.check_address(host, address)
    return _preferred(addresses)


def _preferred(addresses: list[str]) -> str:
    """IPv4 first: a machine without an IPv6 route then needs no second attempt."""
    return next((address for address in addresses if ":" not in address), addresses[0])
