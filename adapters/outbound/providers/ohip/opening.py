"""A connection's settings and secrets to a client."""

from adapters.outbound.provider_kit.access_token import TokenSource
from adapters.outbound.provider_kit.errors import UnknownZone
from adapters.outbound.provider_kit.local_time import zone
from adapters.outbound.provider_kit.opening import Reach
from adapters.outbound.providers.ohip.api import Credentials, OhipApi, Place
from adapters.outbound.providers.ohip.capabilities import CALLS_A_SECOND, HOSTS, NAME
from adapters.outbound.providers.ohip.client import OhipClient
from adapters.outbound.providers.ohip.hotel import Hotel
from ports.errors import Misconfigured
from ports.providers import Account, ProviderTools


def open_client(account: Account, tools: ProviderTools) -> OhipClient:
    """Raises Misconfigured."""
    place = Place(
        base_url=_needed(account.settings.get("base_url"), "base_url").rstrip("/"),
        hotel_id=_needed(account.settings.get("property_id"), "property_id"),
        correlation_id=account.correlation_id,
    )
    reach = Reach(provider=NAME, hosts=HOSTS, rate_limit=CALLS_A_SECOND)
    transport = reach.transport(account, tools, place.base_url)
    credentials = _credentials(account)
    tokens = TokenSource(
        credentials.call(place.base_url),
        transport,
        tools.clock,
        correlation_id=account.correlation_id,
    )
    api = OhipApi(transport, tokens, place=place, app_key=credentials.app_key)
    return OhipClient(
        hotel=_hotel(account, api, tools),
        clock=tools.clock,
        external_system=account.settings.get("external_system") or None,
        pulls_profiles=account.settings.get("pull_profiles", "no").lower() == "yes",
    )


def _hotel(account: Account, api: OhipApi, tools: ProviderTools) -> Hotel:
    try:
        return Hotel(api=api, zone=zone(account.time_zone), clock=tools.clock)
    except UnknownZone as fault:
        raise Misconfigured("the time zone is not an IANA name", setting="time_zone") from fault


def _credentials(account: Account) -> Credentials:
    secrets, settings = account.secrets, account.settings
    return Credentials(
        app_key=_needed(secrets.get("app_key"), "app_key"),
        client_id=_needed(secrets.get("client_id"), "client_id"),
        client_secret=_needed(secrets.get("client_secret"), "client_secret"),
        username=secrets.get("username") or None,
        password=secrets.get("password") or None,
        scope=settings.get("scope") or None,
        enterprise_id=settings.get("enterprise_id") or None,
    )


def _needed(value: str | None, name: str) -> str:
    if not value:
        raise Misconfigured(f"{name} is missing", setting=name)
    return value
