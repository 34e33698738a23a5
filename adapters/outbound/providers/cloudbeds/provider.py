"""The plug-in: reads this vendor's payloads, opens clients of its API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.http.endpoint import VendorEndpoint, require_time_zone
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.cloudbeds.capabilities import (
    BASE_URL,
    CAPABILITIES,
    HOSTS,
    NAME,
    REQUESTS_PER_SECOND,
)
from adapters.outbound.providers.cloudbeds.client.api import (
    ApiKeyAuthentication,
    CloudbedsApi,
    CloudbedsAuthentication,
)
from adapters.outbound.providers.cloudbeds.client.client import CloudbedsClient
from adapters.outbound.providers.cloudbeds.client.tokens import (
    OAuthApplication,
    OAuthAuthentication,
)
from adapters.outbound.providers.cloudbeds.mapping import notifications
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
from domain.messages import ItemKind
from ports.errors import Misconfigured, TooManyItems
from ports.providers import (
    Account,
    Capabilities,
    HotelContext,
    Notification,
    ProviderClient,
    ProviderTools,
    ReadItem,
)
from ports.system import Secrets


@dataclass(frozen=True, slots=True)
class CloudbedsProvider:
    tools: ProviderTools

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        """What a pushed payload does not have, it does not say."""
        entries = split_entries(kind, bodies, limit=limit)
        hotel_zone = require_time_zone(context)
        if kind is ItemKind.AVAILABILITY:
            currency = read_message_currency(bodies) or context.currency
            items = _map_cells(entries, currency, context, explain=explain)
            if len(items) > limit:
                raise TooManyItems(limit=limit)
            return items
        if kind is ItemKind.GUEST:
            guests = CloudbedsGuestMapper(hotel_zone)
            return [guests.map(entry, explain=explain) for entry in entries]
        return [_map_booking(entry, hotel_zone, context, explain=explain) for entry in entries]

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        return notifications.read_notification(body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """Always: the vendor signs nothing, so that the unguessable URL is the proof."""
        return True

    def open(self, account: Account) -> ProviderClient:
        base_url = account.settings.get("base_url") or BASE_URL
        endpoint = VendorEndpoint(provider=NAME, hosts=HOSTS, rate_limit=REQUESTS_PER_SECOND)
        transport = endpoint.transport(account, self.tools, base_url)
        return CloudbedsClient(
            api=CloudbedsApi(
                transport,
                self._authentication(account, transport, base_url),
                base_url=base_url,
                correlation_id=account.correlation_id,
            ),
            clock=self.tools.clock,
            property_id=account.settings.get("property_id"),
            time_zone=account.time_zone,
            currency=account.currency,
        )

    def _authentication(
        self, account: Account, transport: Transport, base_url: str
    ) -> CloudbedsAuthentication:
        """The key goes before OAuth2. Raises Misconfigured where neither is whole."""
        api_key = account.secrets.get("api_key")
        if api_key:
            return ApiKeyAuthentication(api_key)
        application = OAuthApplication(
            client_id=_required_secret(account, "client_id"),
            client_secret=_required_secret(account, "client_secret"),
            connection_id=account.connection_id,
            correlation_id=account.correlation_id,
        )
        _required_secret(account, "refresh_token")
        return OAuthAuthentication(
            transport,
            self.tools.clock,
            self.tools.credential_store,
            base_url=base_url,
            application=application,
            secrets=account.secrets,
        )


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
) -> list[ReadItem]:
    channel = [e for e in entries if is_room_list(e.value) or is_inventory(e.value)]
    rates = [e for e in entries if e not in channel]
    return [
        *RateReader(currency, context.observed_at, explain=explain).read(rates),
        *ChannelAvailabilityReader(currency, context.observed_at, explain=explain).read(channel),
    ]


def _required_secret(account: Account, name: str) -> str:
    value = account.secrets.get(name)
    if not value:
        raise Misconfigured(f"neither the secret api_key nor {name} is there", setting=name)
    return value
