"""The plug-in: pushes only, there is no API to ask."""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.outbound.providers.canonical.message import read_message
from domain.messages import ItemKind
from ports.errors import TooManyItems, Unsupported
from ports.providers import (
    Account,
    Capabilities,
    HotelContext,
    Notification,
    ProviderClient,
    ReadItem,
)
from ports.system import Secrets

_CAPABILITIES: Final = Capabilities(
    name="canonical",
    title="Canonical JSON",
    kinds=frozenset({ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY}),
    pulls=False,
    fetches_by_id=False,
    tells_deletion=True,
    webhooks=False,
    day_use=True,
    limits="one object or an array per request",
)


class CanonicalProvider:
    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        """Every body stands alone; `limit` counts the items of all of them."""
        if kind not in _CAPABILITIES.kinds:
            raise Unsupported(kind=kind.value)
        items: list[ReadItem] = []
        for body in bodies:
            items += read_message(kind, body, context, limit=limit, explain=explain)
            if len(items) > limit:
                raise TooManyItems(limit=limit)
        return items

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        raise Unsupported(operation="read_notification")

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """Never: nobody sends notifications in this format."""
        return False

    def open(self, account: Account) -> ProviderClient:  # noqa: ARG002 the port's shape
        raise Unsupported(operation="open")
