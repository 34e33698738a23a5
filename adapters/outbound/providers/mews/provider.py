"""The plug-in: reads this vendor's payloads and opens clients of its API."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Final

from adapters.outbound.provider_kit.http.endpoint import VendorEndpoint, require_secret
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.provider import EnvelopeProvider
from adapters.outbound.providers.mews.capabilities import (
    BASE_URL,
    CAPABILITIES,
    CLIENT_NAME,
    HOSTS,
    NAME,
    RATE_LIMIT,
    RATE_WINDOW_SECONDS,
)
from adapters.outbound.providers.mews.client.api import MewsConnectorApi
from adapters.outbound.providers.mews.client.client import MewsClient
from adapters.outbound.providers.mews.mapping.availability import map_availability
from adapters.outbound.providers.mews.mapping.bookings import MewsBookingMapper
from adapters.outbound.providers.mews.mapping.guests import map_guest
from adapters.outbound.providers.mews.mapping.messages import MewsMessages, read_messages
from adapters.outbound.providers.mews.mapping.notifications import read_notification
from adapters.outbound.providers.mews.mapping.references import References, index_references
from domain.messages import ItemKind
from ports.providers import Account, ProviderClient, ProviderTools, ReadItem

_ENDPOINT: Final = VendorEndpoint(
    provider=NAME,
    hosts=HOSTS,
    rate_limit=RATE_LIMIT,
    rate_window_seconds=RATE_WINDOW_SECONDS,
    id_fields=CAPABILITIES.id_fields,
)
_SECRETS: Final = {"client_token": "ClientToken", "access_token": "AccessToken"}


def _map_items(pushed: PushedItems) -> Iterator[ReadItem]:
    """Bodies in any order, recognised by their top-level keys; also items without a message."""
    messages = read_messages(pushed.kind, pushed.bodies, limit=pushed.limit)
    references = index_references(messages, pushed.context.time_zone)
    orphan_errors = (item for item in references.orphan_errors if item.kind is pushed.kind)
    return chain(_map_main_items(pushed, messages, references), orphan_errors)


def _map_main_items(
    pushed: PushedItems, messages: MewsMessages, references: References
) -> Iterator[ReadItem]:
    explain = pushed.explain
    if pushed.kind is ItemKind.BOOKING:
        mapper = MewsBookingMapper(references)
        for entry in messages.of("Reservations"):
            yield mapper.map(references.with_property(entry), explain=explain)
    elif pushed.kind is ItemKind.GUEST:
        for entry in messages.of("Customers"):
            own_entry = references.with_property(entry)
            yield map_guest(own_entry, references.documents, explain=explain)
    else:
        observed_at = pushed.context.observed_at
        for entry in messages.availability:
            message = references.with_property(entry)
            yield from map_availability(message, references.zone, observed_at, explain=explain)


def _open_client(account: Account, tools: ProviderTools) -> ProviderClient:
    base_url = account.settings.get("base_url") or BASE_URL
    identity = {key: require_secret(account, name) for name, key in _SECRETS.items()}
    identity["Client"] = account.settings.get("client_name") or CLIENT_NAME
    api = MewsConnectorApi(
        _ENDPOINT.transport(account, tools, base_url),
        base_url=base_url,
        identity=identity,
        correlation_id=account.correlation_id,
    )
    return MewsClient(
        api=api,
        clock=tools.clock,
        service_ids=_service_ids(account),
        time_zone=account.time_zone,
        currency=account.currency,
    )


def _service_ids(account: Account) -> tuple[str, ...]:
    setting = account.settings.get("service_ids") or ""
    return tuple(part.strip() for part in setting.split(",") if part.strip())


create_provider: Final = partial(
    EnvelopeProvider, CAPABILITIES, _map_items, _open_client, parse_notification=read_notification
)
