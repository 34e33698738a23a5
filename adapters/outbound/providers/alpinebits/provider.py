"""The plug-in: reads OTA messages, answers them in the standard's words, opens clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.providers.alpinebits.capabilities import CAPABILITIES
from adapters.outbound.providers.alpinebits.client import open_client
from adapters.outbound.providers.alpinebits.reservations import read_reservations
from domain.messages import ItemKind
from ports.errors import Unsupported
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
class AlpineBitsProvider:
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
        if kind is ItemKind.BOOKING:
            return read_reservations(bodies, context, limit=limit, explain=explain)
        raise Unsupported("not read yet", kind=kind.value)

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        raise Unsupported("AlpineBits has no notifications of its own")

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        return False

    def open(self, account: Account) -> ProviderClient:
        return open_client(self.tools, account)
