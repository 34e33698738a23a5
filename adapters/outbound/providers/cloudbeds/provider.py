"""The plug-in: reads this vendor's payloads and opens clients of its API."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.http.authentication import RequestAuthenticator, StaticHeaders
from adapters.outbound.provider_kit.http.endpoint import VendorEndpoint, require_secret
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.parsing.fields_around import with_fields_around_bodies
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.provider import EnvelopeProvider
from adapters.outbound.providers.cloudbeds.capabilities import (
    BASE_URL,
    CAPABILITIES,
    HOSTS,
    NAME,
    REQUESTS_PER_SECOND,
)
from adapters.outbound.providers.cloudbeds.client.api import CloudbedsApi
from adapters.outbound.providers.cloudbeds.client.client import CloudbedsClient
from adapters.outbound.providers.cloudbeds.client.tokens import (
    OAuthApplication,
    OAuthAuthentication,
)
from adapters.outbound.providers.cloudbeds.mapping.availability import RateReader
from adapters.outbound.providers.cloudbeds.mapping.bookings import CloudbedsBookingMapper
from adapters.outbound.providers.cloudbeds.mapping.channel_availability import (
    ChannelAvailabilityReader,
    is_inventory,
    is_room_list,
)
from adapters.outbound.providers.cloudbeds.mapping.channel_bookings import (
    ChannelBookingMapper,
    is_channel_booking,
)
from adapters.outbound.providers.cloudbeds.mapping.guests import CloudbedsGuestMapper
from adapters.outbound.providers.cloudbeds.mapping.messages import (
    read_message_currency,
    split_entries,
)
from adapters.outbound.providers.cloudbeds.mapping.notifications import read_notification
from domain.messages import ItemKind
from ports.providers import Account, HotelContext, ProviderClient, ProviderTools, ReadItem


def _map_items(pushed: PushedItems) -> Iterable[ReadItem]:
    kind, context, explain = pushed.kind, pushed.context, pushed.explain
    split = partial(split_entries, kind, limit=pushed.limit)
    entries = split(pushed.bodies)
    hotel_zone = pushed.zone
    if kind is ItemKind.AVAILABILITY:
        currency = read_message_currency(pushed.bodies) or context.currency
        cells = _map_cells(entries, currency, context, explain=explain)
        return with_fields_around_bodies(list(cells), pushed.bodies, split) if explain else cells
    if kind is ItemKind.GUEST:
        guests = CloudbedsGuestMapper(hotel_zone, context.observed_at)
        return [guests.map(entry, explain=explain) for entry in entries]
    return [_map_booking(entry, hotel_zone, context, explain=explain) for entry in entries]


def _map_booking(
    entry: JsonEntry, hotel_zone: ZoneInfo, context: HotelContext, *, explain: bool
) -> ReadItem:
    if is_channel_booking(entry.value):
        return ChannelBookingMapper(hotel_zone, context.currency).map(entry, explain=explain)
    return CloudbedsBookingMapper(hotel_zone, context.currency, is_complete=False).map(
        entry, explain=explain
    )


def _map_cells(
    entries: Sequence[JsonEntry], currency: str, context: HotelContext, *, explain: bool
) -> Iterator[ReadItem]:
    channel: list[JsonEntry] = []
    rates: list[JsonEntry] = []
    for entry in entries:
        is_channel = is_room_list(entry.value) or is_inventory(entry.value)
        (channel if is_channel else rates).append(entry)
    yield from RateReader(currency, context.observed_at, explain=explain).read(rates)
    yield from ChannelAvailabilityReader(currency, context.observed_at, explain=explain).read(
        channel
    )


def _open_client(account: Account, tools: ProviderTools) -> ProviderClient:
    base_url = account.settings.get("base_url") or BASE_URL
    endpoint = VendorEndpoint(
        provider=NAME, hosts=HOSTS, rate_limit=REQUESTS_PER_SECOND, id_fields=CAPABILITIES.id_fields
    )
    transport = endpoint.transport(account, tools, base_url)
    return CloudbedsClient(
        api=CloudbedsApi(
            transport,
            _authentication(account, tools, transport, base_url),
            base_url=base_url,
            correlation_id=account.correlation_id,
        ),
        clock=tools.clock,
        property_id=account.settings.get("property_id"),
        time_zone=account.time_zone,
        currency=account.currency,
    )


def _authentication(
    account: Account, tools: ProviderTools, transport: Transport, base_url: str
) -> RequestAuthenticator:
    """The API key if there is one, else OAuth2. Raises Misconfigured if neither is complete."""
    api_key = account.secrets.get("api_key")
    if api_key:
        return StaticHeaders({"x-api-key": api_key})
    application = OAuthApplication(
        client_id=require_secret(account, "client_id"),
        client_secret=require_secret(account, "client_secret"),
        connection_id=account.connection_id,
        correlation_id=account.correlation_id,
    )
    require_secret(account, "refresh_token")
    return OAuthAuthentication(
        transport,
        tools.clock,
        tools.credential_store,
        base_url=base_url,
        application=application,
        secrets=account.secrets,
    )


create_provider: Final = partial(
    EnvelopeProvider, CAPABILITIES, _map_items, _open_client, parse_notification=read_notification
)
