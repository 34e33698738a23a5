"""The provider plug-in of AlpineBits and other OTA messages."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.provider import VendorProvider
from adapters.outbound.providers.alpinebits.authentication import is_authentic, read_credentials
from adapters.outbound.providers.alpinebits.capabilities import CAPABILITIES
from adapters.outbound.providers.alpinebits.client.client import open_client
from adapters.outbound.providers.alpinebits.mapping.document_handler import (
    error_reply,
    parse_envelope,
    read_document,
)
from adapters.outbound.providers.alpinebits.mapping.free_rooms import read_free_rooms
from adapters.outbound.providers.alpinebits.mapping.reservations import read_reservations
from domain.errors import PmsError
from domain.messages import ItemKind
from ports.document_exchange import (
    DocumentHandler,
    DocumentReply,
    DocumentScope,
    InboundDocument,
    SenderCredentials,
)
from ports.providers import ReadItem


class AlpineBitsProvider(VendorProvider):
    """ports.providers.Provider and ports.document_exchange.DocumentProvider."""

    def sender_credentials(self, inbound_document: InboundDocument) -> SenderCredentials | None:
        return read_credentials(inbound_document.headers, lambda: parse_envelope(inbound_document))

    def read_document(
        self, inbound_document: InboundDocument, scope: DocumentScope
    ) -> DocumentHandler:
        return read_document(inbound_document, scope)

    def render_error(self, inbound_document: InboundDocument, error: PmsError) -> DocumentReply:
        return error_reply(inbound_document, error)


def _map_items(pushed: PushedItems) -> Iterable[ReadItem]:
    read = read_reservations if pushed.kind is ItemKind.BOOKING else read_free_rooms
    return read(pushed.bodies, pushed.context, limit=pushed.limit, explain=pushed.explain)


create_provider: Final = partial(
    AlpineBitsProvider, CAPABILITIES, _map_items, open_client, is_authentic=is_authentic
)
