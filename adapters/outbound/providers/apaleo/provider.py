"""The plug-in: reads this vendor's payloads and opens clients of its API."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.http.access_token import TokenSource
from adapters.outbound.provider_kit.http.endpoint import VendorEndpoint, require_secret
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.provider import VendorProvider
from adapters.outbound.providers.apaleo.capabilities import (
    BASE_URL,
    CAPABILITIES,
    HOSTS,
    IDENTITY_URL,
    NAME,
)
from adapters.outbound.providers.apaleo.client.api import ApaleoApi, request_for_token
from adapters.outbound.providers.apaleo.client.client import ApaleoClient
from adapters.outbound.providers.apaleo.mapping.availability import ApaleoCellMapper
from adapters.outbound.providers.apaleo.mapping.bookings import ApaleoBookingMapper
from adapters.outbound.providers.apaleo.mapping.messages import split_entries
from adapters.outbound.providers.apaleo.mapping.notifications import read_notification
from domain.messages import ItemKind
from ports.providers import Account, ProviderClient, ProviderTools, ReadItem


def _map_items(pushed: PushedItems) -> Iterable[ReadItem]:
    entries = split_entries(pushed.kind, pushed.bodies, limit=pushed.limit)
    if pushed.kind is ItemKind.BOOKING:
        mapper = ApaleoBookingMapper(pushed.zone, is_complete=False)
        return [mapper.map(entry, explain=pushed.explain) for entry in entries]
    cells = ApaleoCellMapper(pushed.zone, pushed.context.observed_at)
    return (item for entry in entries for item in cells.map_answer(entry, explain=pushed.explain))


def _open_client(account: Account, tools: ProviderTools) -> ProviderClient:
    base_url = account.settings.get("base_url") or BASE_URL
    identity_url = account.settings.get("identity_url") or IDENTITY_URL
    token_request = request_for_token(
        identity_url, require_secret(account, "client_id"), require_secret(account, "client_secret")
    )
    endpoint = VendorEndpoint(provider=NAME, hosts=HOSTS, id_fields=CAPABILITIES.id_fields)
    transport = endpoint.transport(account, tools, base_url, identity_url)
    correlation_id = account.correlation_id
    tokens = TokenSource(token_request, transport, tools.clock, correlation_id=correlation_id)
    return ApaleoClient(
        api=ApaleoApi(transport, tokens, base_url=base_url, correlation_id=correlation_id),
        clock=tools.clock,
        property_id=account.settings.get("property_id"),
        time_zone=account.time_zone,
        currency=account.currency,
    )


create_provider: Final = partial(
    VendorProvider, CAPABILITIES, _map_items, _open_client, parse_notification=read_notification
)
