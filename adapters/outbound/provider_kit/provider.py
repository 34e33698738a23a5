"""The plug-in of a vendor, put together from what the vendor's package gives."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from adapters.outbound.provider_kit.parsing.json_messages import has_empty_list
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage, Unsupported
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


def unguessable_url(headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG001 the port's shape
    """For vendors that sign nothing: whoever knows the webhook's URL is the vendor."""
    return True


class VendorProvider:
    """ports.providers.Provider. `map_items`: what a pushed payload leaves out is absent, not null.
    `open_client`, with its `tools`: None for a vendor without an API. `parse_notification`: None
    for one without webhooks."""

    def __init__(
        self,
        capabilities: Capabilities,
        map_items: Callable[[PushedItems], Iterable[ReadItem]],
        open_client: Callable[[Account, ProviderTools], ProviderClient] | None = None,
        tools: ProviderTools | None = None,
        *,
        parse_notification: Callable[[bytes], Notification] | None = None,
        is_authentic: Callable[[Mapping[str, str], Secrets], bool] = unguessable_url,
    ) -> None:
        self._capabilities = capabilities
        self._map_items = map_items
        self.tools = tools
        self._open_client = open_client
        self._parse_notification = parse_notification
        self._is_authentic = is_authentic

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        if kind not in self.capabilities.kinds:
            reason = f"{self.capabilities.title} has no items of this kind"
            raise Unsupported(reason, kind=kind.value)
        items: list[ReadItem] = []
        for item in self._map_items(PushedItems(kind, bodies, context, limit, explain)):
            if len(items) == limit:
                raise TooManyItems(limit=limit)
            items.append(item.refused_if_foreign(context.property_id))
        if not items:
            self.require_emptiness(bodies)
        return items

    def require_emptiness(self, bodies: Sequence[bytes]) -> None:
        """For a message without items or events. Raises UnreadableMessage unless it may be."""
        if not any(map(has_empty_list, bodies)):
            raise UnreadableMessage("the message has no content, and no empty list")

    def parse_notification(self, body: bytes, property_id: str | None) -> Notification:  # noqa: ARG002 for vendors whose messages name several
        """Raises UnreadableMessage, Unsupported."""
        if self._parse_notification is None:
            raise Unsupported(f"{self.capabilities.title} sends no webhooks")
        return self._parse_notification(body)

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:
        notification = self.parse_notification(body, context.property_id)
        if notification.is_empty:
            self.require_emptiness([body])
        return notification

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        return self._is_authentic(headers, secrets)

    def open(self, account: Account) -> ProviderClient:
        if self._open_client is None or self.tools is None:
            raise Unsupported(f"{self.capabilities.title} has no API")
        return self._open_client(account, self.tools)


class EnvelopeProvider(VendorProvider):
    """For a vendor whose messages may be empty in other ways: its functions raise
    UnreadableMessage where one without items or events is not empty."""

    def require_emptiness(self, bodies: Sequence[bytes]) -> None:
        """The vendor's functions have checked it."""
