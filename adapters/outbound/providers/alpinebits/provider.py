"""The plug-in: reads OTA messages, answers them in the standard's words, opens clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.providers.alpinebits.capabilities import CAPABILITIES
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
        bodies: Sequence[bytes],  # noqa: ARG002 the port's shape
        context: HotelContext,  # noqa: ARG002 the port's shape
        *,
        limit: int,  # noqa: ARG002 the port's shape
        explain: bool = False,  # noqa: ARG002 the port's shape
    ) -> Sequence[ReadItem]:
        raise Unsupported("not read yet", kind=kind.value)

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        raise Unsupported("AlpineBits has no notifications of its own")

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        return False

    def open(self, account: Account) -> ProviderClient:  # noqa: ARG002 the port's shape
        raise Unsupported("nothing to ask yet")
