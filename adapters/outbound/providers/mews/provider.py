"""The plug-in: reads this vendor's payloads, opens clients of its API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.http.endpoint import VendorEndpoint, require_secret
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
from adapters.outbound.providers.mews.mapping import notifications
from adapters.outbound.providers.mews.mapping.availability import map_availability
from adapters.outbound.providers.mews.mapping.bookings import MewsBookingMapper
from adapters.outbound.providers.mews.mapping.guests import map_guest
from adapters.outbound.providers.mews.mapping.messages import MewsMessages, read_messages
from adapters.outbound.providers.mews.mapping.references import References, index_references
from domain.messages import ItemKind
from domain.values import Reason
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

_ENDPOINT: Final = VendorEndpoint(
    provider=NAME,
    hosts=HOSTS,
    rate_limit=RATE_LIMIT,
    rate_window_seconds=RATE_WINDOW_SECONDS,
)
_SECRETS: Final = {"client_token": "ClientToken", "access_token": "AccessToken"}


@dataclass(frozen=True, slots=True)
class MewsProvider:
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
        """Bodies in any order, recognised by their top-level keys; also bare items."""
        if kind not in CAPABILITIES.kinds:
            raise Unsupported(kind=kind.value)
        messages = read_messages(kind, bodies, limit=limit)
        references = index_references(messages, context.time_zone)
        items = [*_broken_items(kind, messages)]
        for item in _map_items(kind, messages, references, context, explain=explain):
            if len(items) == limit:
                raise TooManyItems(limit=limit)
            items.append(item)
        return items + [item for item in references.orphan_errors if item.kind is kind]

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        return notifications.read_notification(body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """Always: the vendor signs nothing, its proof is the unguessable URL (events/wh-faq.md)."""
        return True

    def open(self, account: Account) -> ProviderClient:
        base_url = account.settings.get("base_url") or BASE_URL
        identity = {key: require_secret(account, name) for name, key in _SECRETS.items()}
        identity["Client"] = account.settings.get("client_name") or CLIENT_NAME
        api = MewsConnectorApi(
            _ENDPOINT.transport(account, self.tools, base_url),
            base_url=base_url,
            identity=identity,
            correlation_id=account.correlation_id,
        )
        return MewsClient(
            api=api,
            clock=self.tools.clock,
            service_ids=_service_ids(account),
            time_zone=account.time_zone,
            currency=account.currency,
        )


def _service_ids(account: Account) -> tuple[str, ...]:
    setting = account.settings.get("service_ids") or ""
    return tuple(part.strip() for part in setting.split(",") if part.strip())


def _map_items(
    kind: ItemKind,
    messages: MewsMessages,
    references: References,
    context: HotelContext,
    *,
    explain: bool,
) -> Iterator[ReadItem]:
    if kind is ItemKind.BOOKING:
        mapper = MewsBookingMapper(references)
        for entry in messages.of("Reservations"):
            yield mapper.map(entry, explain=explain)
    elif kind is ItemKind.GUEST:
        for entry in messages.of("Customers"):
            yield map_guest(entry, references.documents, explain=explain)
    else:
        for body in messages.availability:
            yield from map_availability(body, references.zone, context.observed_at, explain=explain)


def _broken_items(kind: ItemKind, messages: MewsMessages) -> Iterator[ReadItem]:
    for entry, fault in messages.broken:
        reason = Reason(fault.code, entry.path, f"{entry.path}: {fault.message}")
        yield ReadItem(kind=kind, raw=entry.text(), reason=reason)
