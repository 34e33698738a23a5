"""What every plug-in does with what it is given: a way to its vendor, a secret, a hotel's zone."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.http.host_policy import HostPolicy
from adapters.outbound.provider_kit.http.transport import Transport, TransportSettings
from adapters.outbound.provider_kit.parsing.errors import UnknownZone
from adapters.outbound.provider_kit.parsing.local_time import zone
from ports.errors import Misconfigured, UnreadableMessage
from ports.providers import Account, HotelContext, ProviderTools


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorEndpoint:
    """Of one vendor. `hosts` are its own; the limits as transport.Link has them."""

    provider: str
    hosts: frozenset[str]
    rate_limit: int | None = None
    rate_window_seconds: float = 1.0

    def transport(self, account: Account, tools: ProviderTools, *urls: str) -> Transport:
        """Raises Misconfigured for one of `urls` that connections may not call."""
        policy = HostPolicy(
            known=self.hosts, operator=tools.allowed_hosts, plain_http=tools.plain_http
        )
        for url in urls:
            policy.check_url(url)
        link = TransportSettings(
            provider=self.provider,
            connection_id=account.connection_id,
            hosts=policy,
            rate_limit=self.rate_limit,
            rate_window_seconds=self.rate_window_seconds,
        )
        return Transport(link, clock=tools.clock, randomness=tools.randomness, budget=tools.budget)


def require_secret(account: Account, name: str) -> str:
    """Raises Misconfigured."""
    value = account.secrets.get(name)
    if not value:
        raise Misconfigured(f"the secret {name} is missing", setting=name)
    return value


def require_time_zone(context: HotelContext) -> ZoneInfo:
    """Raises UnreadableMessage."""
    try:
        return zone(context.time_zone)
    except UnknownZone as fault:
        raise UnreadableMessage("the time zone is not an IANA name") from fault
