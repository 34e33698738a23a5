"""The plug-in: reads this vendor's payloads, opens clients of its API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.provider_kit.http.access_token import TokenSource
from adapters.outbound.provider_kit.http.endpoint import (
    VendorEndpoint,
    require_secret,
    require_time_zone,
)
from adapters.outbound.providers.apaleo.capabilities import (
    BASE_URL,
    CAPABILITIES,
    HOSTS,
    IDENTITY_URL,
    NAME,
)
from adapters.outbound.providers.apaleo.client.api import ApaleoApi, Credentials
from adapters.outbound.providers.apaleo.client.client import ApaleoClient
from adapters.outbound.providers.apaleo.mapping import notifications
from adapters.outbound.providers.apaleo.mapping.availability import ApaleoCellMapper
from adapters.outbound.providers.apaleo.mapping.bookings import ApaleoBookingMapper
from adapters.outbound.providers.apaleo.mapping.messages import split_entries
from domain.messages import ItemKind
from ports.errors import TooManyItems, Unsupported
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
class ApaleoProvider:
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
        """What a pushed payload does not have, it does not say (reading.py)."""
        if kind not in CAPABILITIES.kinds:
            raise Unsupported("Apaleo's guests come with their bookings", kind=kind.value)
        entries = split_entries(kind, bodies, limit=limit)
        hotel_zone = require_time_zone(context)
        if kind is ItemKind.BOOKING:
            mapper = ApaleoBookingMapper(hotel_zone, is_complete=False)
            return [mapper.map(entry, explain=explain) for entry in entries]
        cells = ApaleoCellMapper(hotel_zone, context.observed_at)
        items = [item for entry in entries for item in cells.map(entry, explain=explain)]
        if len(items) > limit:
            raise TooManyItems(limit=limit)
        return items

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        return notifications.read_notification(body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """Always: the vendor signs nothing and advises an unguessable URL."""
        return True

    def open(self, account: Account) -> ProviderClient:
        base_url = account.settings.get("base_url") or BASE_URL
        identity_url = account.settings.get("identity_url") or IDENTITY_URL
        credentials = Credentials(
            require_secret(account, "client_id"), require_secret(account, "client_secret")
        )
        endpoint = VendorEndpoint(provider=NAME, hosts=HOSTS)
        transport = endpoint.transport(account, self.tools, base_url, identity_url)
        tokens = TokenSource(
            credentials.call(identity_url),
            transport,
            self.tools.clock,
            correlation_id=account.correlation_id,
        )
        return ApaleoClient(
            api=ApaleoApi(
                transport,
                tokens,
                base_url=base_url,
                correlation_id=account.correlation_id,
            ),
            clock=self.tools.clock,
            property_id=account.settings.get("property_id"),
            time_zone=account.time_zone,
            currency=account.currency,
        )
