"""The plug-in: reads OTA messages, answers them in the standard's words, opens clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.providers.alpinebits.authentication import is_authentic, read_credentials
from adapters.outbound.providers.alpinebits.capabilities import CAPABILITIES
from adapters.outbound.providers.alpinebits.client.client import open_client
from adapters.outbound.providers.alpinebits.mapping.document_handler import (
    DocumentReader,
    error_reply,
    parse_envelope,
)
from adapters.outbound.providers.alpinebits.mapping.free_rooms import read_free_rooms
from adapters.outbound.providers.alpinebits.mapping.reservations import read_reservations
from domain.errors import PmsError
from domain.messages import ItemKind
from ports.document_exchange import (
    DocumentHandler,
    DocumentReply,
    InboundDocument,
    SenderCredentials,
)
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

    def sender_credentials(self, inbound_document: InboundDocument) -> SenderCredentials | None:
        return read_credentials(inbound_document.headers, lambda: parse_envelope(inbound_document))

    def read_document(
        self,
        inbound_document: InboundDocument,
        context: HotelContext,
        settings: Mapping[str, str],
        *,
        limit: int,
    ) -> DocumentHandler:
        return DocumentReader(inbound_document, context, settings, limit).read_document()

    def render_error(self, inbound_document: InboundDocument, error: PmsError) -> DocumentReply:
        return error_reply(inbound_document, error)

    def open(self, account: Account) -> ProviderClient:
        return open_client(self.tools, account)
