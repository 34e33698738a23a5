"""The plug-in: reads this vendor's payloads and opens clients of its API."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.http.access_token import TokenSource
from adapters.outbound.provider_kit.http.endpoint import (
    VendorEndpoint,
    require_secret,
    require_setting,
)
from adapters.outbound.provider_kit.parsing.errors import UnknownZone
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.provider import EnvelopeProvider
from adapters.outbound.providers.ohip.capabilities import (
    CALLS_PER_SECOND,
    CAPABILITIES,
    HOSTS,
    NAME,
)
from adapters.outbound.providers.ohip.client.api import OhipApi, OhipCredentials
from adapters.outbound.providers.ohip.client.client import OhipClient
from adapters.outbound.providers.ohip.client.hotel import OhipHotel
from adapters.outbound.providers.ohip.mapping.availability import OhipCellMapper
from adapters.outbound.providers.ohip.mapping.bookings import OhipBookingMapper
from adapters.outbound.providers.ohip.mapping.guests import OhipGuestMapper
from adapters.outbound.providers.ohip.mapping.messages import shape_of, split_entries
from adapters.outbound.providers.ohip.mapping.notifications import read_notification
from adapters.outbound.providers.ohip.mapping.parsing import HotelClock
from domain.messages import ItemKind
from ports.errors import Misconfigured
from ports.providers import Account, Notification, ProviderClient, ProviderTools, ReadItem


def _map_items(pushed: PushedItems) -> Iterable[ReadItem]:
    entries = split_entries(pushed.kind, pushed.bodies, limit=pushed.limit)
    clock = HotelClock(pushed.zone, pushed.context.observed_at)
    explain = pushed.explain
    if pushed.kind is ItemKind.BOOKING:
        return (
            OhipBookingMapper(clock, shape_of(entry), is_complete=False).map(entry, explain=explain)
            for entry in entries
        )
    if pushed.kind is ItemKind.GUEST:
        guests = OhipGuestMapper(clock)
        return [guests.map(entry, explain=explain) for entry in entries]
    return OhipCellMapper(clock.observed_at).map_answers(entries, explain=explain)


def _open_client(account: Account, tools: ProviderTools) -> ProviderClient:
    """Raises Misconfigured."""
    base_url = require_setting(account, "base_url").rstrip("/")
    hotel_id, correlation_id = require_setting(account, "property_id"), account.correlation_id
    endpoint = VendorEndpoint(
        provider=NAME, hosts=HOSTS, rate_limit=CALLS_PER_SECOND, id_fields=CAPABILITIES.id_fields
    )
    transport = endpoint.transport(account, tools, base_url)
    credentials = _build_credentials(account)
    token_request = credentials.request_for_token(base_url)
    api = OhipApi(
        transport,
        TokenSource(token_request, transport, tools.clock, correlation_id=correlation_id),
        base_url=base_url,
        correlation_id=correlation_id,
        hotel_id=hotel_id,
        app_key=credentials.app_key,
    )
    return OhipClient(
        api=api,
        hotel=_build_hotel(account, api, tools),
        clock=tools.clock,
        external_system=account.settings.get("external_system") or None,
        pulls_profiles=account.settings.get("pull_profiles", "no").lower() == "yes",
    )


def _build_hotel(account: Account, api: OhipApi, tools: ProviderTools) -> OhipHotel:
    try:
        return OhipHotel(api=api, zone=zone(account.time_zone), clock=tools.clock)
    except UnknownZone as fault:
        raise Misconfigured("the time zone is not an IANA name", setting="time_zone") from fault


def _build_credentials(account: Account) -> OhipCredentials:
    secrets, settings = account.secrets, account.settings
    return OhipCredentials(
        app_key=require_secret(account, "app_key"),
        client_id=require_secret(account, "client_id"),
        client_secret=require_secret(account, "client_secret"),
        username=secrets.get("username") or None,
        password=secrets.get("password") or None,
        scope=settings.get("scope") or None,
        enterprise_id=settings.get("enterprise_id") or None,
    )


class OhipProvider(EnvelopeProvider):
    """A relay may send the events of several hotels in one message."""

    def parse_notification(self, body: bytes, property_id: str | None) -> Notification:
        return read_notification(body, property_id)


create_provider: Final = partial(OhipProvider, CAPABILITIES, _map_items, _open_client)
