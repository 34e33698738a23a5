"""The plug-in: reads OTA messages, answers them in the standard's words, opens clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.providers.alpinebits.capabilities import CAPABILITIES
from adapters.outbound.providers.alpinebits.client import open_client
from adapters.outbound.providers.alpinebits.conversation import Listener, envelope_of, refusal
from adapters.outbound.providers.alpinebits.free_rooms import read_free_rooms
from adapters.outbound.providers.alpinebits.reservations import read_reservations
from adapters.outbound.providers.alpinebits.senders import claim_of, is_authentic
from domain.errors import PmsError
from domain.messages import ItemKind
from ports.conversations import Answer, Claim, Conversation, Letter
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
        if kind is ItemKind.AVAILABILITY:
            return read_free_rooms(bodies, context, limit=limit, explain=explain)
        raise Unsupported("guests come with their bookings", kind=kind.value)

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        raise Unsupported("AlpineBits has no notifications of its own")

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:
        return is_authentic(headers, secrets)

    def claim(self, letter: Letter) -> Claim | None:
        return claim_of(letter.headers, lambda: envelope_of(letter))

    def hear(
        self,
        letter: Letter,
        context: HotelContext,
        settings: Mapping[str, str],
        *,
        limit: int,
    ) -> Conversation:
        return Listener(letter, context, settings, limit).hear()

    def refuse(self, letter: Letter, error: PmsError) -> Answer:
        return refusal(letter, error)

    def open(self, account: Account) -> ProviderClient:
        return open_client(self.tools, account)
