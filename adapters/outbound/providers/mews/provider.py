"""The plug-in: reads this vendor's payloads, opens clients of its API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.opening import Reach, secret_of
from adapters.outbound.providers.mews import notifications
from adapters.outbound.providers.mews.api import ConnectorApi
from adapters.outbound.providers.mews.capabilities import (
    BASE_URL,
    CAPABILITIES,
    CLIENT_NAME,
    HOSTS,
    NAME,
    RATE_LIMIT,
    RATE_WINDOW_SECONDS,
)
from adapters.outbound.providers.mews.client import MewsClient
from adapters.outbound.providers.mews.mapping_availability import map_availability
from adapters.outbound.providers.mews.mapping_bookings import BookingMapper
from adapters.outbound.providers.mews.mapping_guests import map_guest
from adapters.outbound.providers.mews.messages import Messages, read_messages
from adapters.outbound.providers.mews.references import References, references_of
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

_REACH: Final = Reach(
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
        refer_to = references_of(messages, context.time_zone)
        items = [*_broken(kind, messages)]
        for item in _mapped(kind, messages, refer_to, context, explain=explain):
            if len(items) == limit:
                raise TooManyItems(limit=limit)
            items.append(item)
        return items + [item for item in refer_to.unplaced if item.kind is kind]

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        return notifications.read_notification(body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """Always: the vendor signs nothing, its proof is the unguessable URL (events/wh-faq.md)."""
        return True

    def open(self, account: Account) -> ProviderClient:
        base_url = account.settings.get("base_url") or BASE_URL
        identity = {key: secret_of(account, name) for name, key in _SECRETS.items()}
        identity["Client"] = account.settings.get("client_name") or CLIENT_NAME
        api = ConnectorApi(
            _REACH.transport(account, self.tools, base_url),
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
    said = account.settings.get("service_ids") or ""
    return tuple(part.strip() for part in said.split(",") if part.strip())


def _mapped(
    kind: ItemKind,
    messages: Messages,
    refer_to: References,
    context: HotelContext,
    *,
    explain: bool,
) -> Iterator[ReadItem]:
    if kind is ItemKind.BOOKING:
        mapper = BookingMapper(refer_to)
        for entry in messages.of("Reservations"):
            yield mapper.map(entry, explain=explain)
    elif kind is ItemKind.GUEST:
        for entry in messages.of("Customers"):
            yield map_guest(entry, refer_to.documents, explain=explain)
    else:
        for body in messages.availability:
            yield from map_availability(body, refer_to.zone, context.observed_at, explain=explain)


def _broken(kind: ItemKind, messages: Messages) -> Iterator[ReadItem]:
    for entry, fault in messages.broken:
        reason = Reason(fault.code, entry.path, f"{entry.path}: {fault.message}")
        yield ReadItem(kind=kind, raw=entry.text(), reason=reason)
