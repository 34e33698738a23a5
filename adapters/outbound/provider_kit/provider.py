"""The plug-in of a vendor, put together from what the vendor's package gives."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems, PushedItemsReader
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


def unguessable_url(headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG001 the port's shape
    """For vendors that sign nothing: whoever knows the webhook's URL is the vendor."""
    return True


@dataclass(frozen=True, slots=True)
class VendorProvider(PushedItemsReader):
    """ports.providers.Provider. `map_items`: what a pushed payload leaves out is absent, not null.
    `parse_notification`: None for a vendor without webhooks."""

    capabilities: Capabilities
    map_items: Callable[[PushedItems], Iterable[ReadItem]]
    open_client: Callable[[Account, ProviderTools], ProviderClient]
    tools: ProviderTools
    parse_notification: Callable[[bytes], Notification] | None = field(default=None, kw_only=True)
    is_authentic: Callable[[Mapping[str, str], Secrets], bool] = field(
        default=unguessable_url, kw_only=True
    )

    def read_pushed(self, pushed: PushedItems) -> Sequence[ReadItem]:
        if pushed.kind not in self.capabilities.kinds:
            reason = f"{self.capabilities.title} has no items of this kind"
            raise Unsupported(reason, kind=pushed.kind.value)
        items: list[ReadItem] = []
        for item in self.map_items(pushed):
            if len(items) == pushed.limit:
                raise TooManyItems(limit=pushed.limit)
            items.append(item)
        return items

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        if self.parse_notification is None:
            raise Unsupported(f"{self.capabilities.title} sends no webhooks")
        return self.parse_notification(body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        return self.is_authentic(headers, secrets)

    def open(self, account: Account) -> ProviderClient:
        return self.open_client(account, self.tools)
