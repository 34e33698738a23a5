"""The hosts that a connection may call, whatever its settings say."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from ports.errors import Misconfigured

_NAT64: Final = IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE: Final = IPv6Network("::/96")
_NOT_PUBLIC: Final = (
    # Translated by a gateway of the local network (RFC 8215), and the former site-local addresses
    # (RFC 3879): `is_global` knows neither.
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("fec0::/10"),
    IPv4Network("192.0.0.0/24"),
)
_HTTPS_PORT: Final = 443


class HostRefused(Misconfigured, code="host_refused"):
    """The host is neither one of the provider's nor allowed by the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPolicy:
    """`known`: the provider's own hosts, `*.example.com` for one host of each customer below; https
    on port 443 only and public addresses only. `operator`: hosts that the operator of this
    installation allows, on any port and at any address; plain http there only with `plain_http`."""

    known: frozenset[str]
    operator: frozenset[str] = field(default_factory=frozenset)
    plain_http: bool = False

    def narrowed_to(self, urls: Iterable[str]) -> "HostPolicy":
        """The policy of a connection with these base URLs, each of which was checked. A vendor with
        a host per customer has other customers below the same domain: the connection may call the
        hosts of its URLs only, besides those that the vendor names in full."""
        own = {_normalize_host(parse_url(url).host or "") for url in urls}
        named = {pattern for pattern in self.known if not _is_wildcard(pattern)}
        if not own or named == self.known:
            return self
        tenants = {name for name in own if self._is_known(name)}
        return replace(
            self, known=frozenset(named | tenants), operator=frozenset(self.operator & own)
        )

    def check_url(self, url: str) -> None:
        """Raises HostRefused. Parsed by urllib3, which also connects: two parsers that disagree
        about a URL would leave a way around the check."""
        try:
            parts = parse_url(url)
        except LocationParseError:
            raise HostRefused(reason="not a URL") from None
        if parts.auth is not None:
            raise HostRefused(reason="credentials in the URL")
        self.check_host(parts.scheme or "", parts.host or "", parts.port)

    def check_host(self, scheme: str, host: str, port: int | None) -> None:
        name = _normalize_host(host)
        if "*" in name:
            raise HostRefused(reason="not a host name")
        if scheme not in ("https", "http"):
            raise HostRefused(reason="not https")
        if scheme == "http" and not (self.plain_http and name in self.operator):
            raise HostRefused(reason="not https")
        if name in self.operator:
            return
        if not self._is_known(name):
            raise HostRefused(reason="unknown host")
        if port not in (None, _HTTPS_PORT):
            raise HostRefused(reason="unusual port")

    def check_address(self, host: str, address: str) -> None:
        """For each address that the host's name resolved to. Raises HostRefused."""
        if _normalize_host(host) not in self.operator and not is_public(address):
            raise HostRefused(reason="private address")

    def _is_known(self, name: str) -> bool:
        return any(_matches(name, pattern) for pattern in self.known)


def is_public(address: str) -> bool:
    """False for private, loopback, link-local, shared, reserved, Teredo and multicast addresses,
    also where IPv6 wraps them."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and (embedded := _embedded_ipv4(ip)) is not None:
        ip = embedded
    return ip.is_global and not ip.is_multicast and not any(ip in each for each in _NOT_PUBLIC)


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64 or ip in _IPV4_COMPATIBLE:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _normalize_host(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _is_wildcard(pattern: str) -> bool:
    return pattern.startswith("*.")


def _matches(name: str, pattern: str) -> bool:
    if _is_wildcard(pattern):
        return name.endswith(pattern[1:]) and len(name) > len(pattern) - 1
    return name == pattern
