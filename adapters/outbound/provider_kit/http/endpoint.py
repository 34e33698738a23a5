"""What every plug-in takes from a connection: its transport, settings, secrets and time zone."""

from dataclasses import dataclass

from adapters.outbound.provider_kit.http.host_policy import HostPolicy
from adapters.outbound.provider_kit.http.transport import (
    MAX_ANSWER_BYTES,
    Transport,
    TransportSettings,
)
from adapters.outbound.provider_kit.parsing.local_time import (
    require_time_zone as require_time_zone,
)
from ports.errors import Misconfigured
from ports.providers import Account, ProviderTools


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorEndpoint:
    """`hosts`: the vendor's own, `*.example.com` for one host of each customer. The others:
    see TransportSettings."""

    provider: str
    hosts: frozenset[str]
    rate_limit: int | None = None
    rate_window_seconds: float = 1.0
    max_answer_bytes: int = MAX_ANSWER_BYTES
    id_fields: frozenset[str] = frozenset()

    def transport(self, account: Account, tools: ProviderTools, *urls: str) -> Transport:
        """`urls`: the base URLs of the connection; of hosts per customer it calls theirs only.
        Raises HostRefused for one that connections may not call."""
        policy = HostPolicy(
            known=self.hosts, operator=tools.allowed_hosts, plain_http=tools.plain_http
        )
        for url in urls:
            policy.check_url(url)
        link = TransportSettings(
            provider=self.provider,
            connection_id=account.connection_id,
            hosts=policy.narrowed_to(urls),
            rate_limit=self.rate_limit,
            rate_window_seconds=self.rate_window_seconds,
            max_answer_bytes=self.max_answer_bytes,
            id_fields=self.id_fields,
        )
        return Transport(
            link,
            clock=tools.clock,
            randomness=tools.randomness,
            budget=tools.budget,
            patience=tools.patience,
        )


def require_setting(account: Account, name: str) -> str:
    """Raises Misconfigured."""
    return _require(account.settings.get(name), name, f"the setting {name} is missing")


def require_secret(account: Account, name: str) -> str:
    """Raises Misconfigured."""
    return _require(account.secrets.get(name), name, f"the secret {name} is missing")


def _require(value: str | None, name: str, message: str) -> str:
    if not value:
        raise Misconfigured(message, setting=name)
    return value
