"""Synchronous document exchange: read, apply and answer a vendor's document in one request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from application.connections.stored_connections import build_hotel_context, local_date
from application.enqueue_jobs import enqueue_inbox
from application.errors import Unauthenticated
from application.ingest.apply_items import ApplyContext
from application.ingest.inbound_use_case import InboundUseCase
from application.ingest.inbox_rows import PayloadMask, decide_row, item_rows, payload_mask
from application.ingest.ingest_items import PushedItem, add_rows, apply_pushed_items
from application.ingest.stored_items import MAX_ITEMS
from application.retrying import in_transaction
from application.stored_hotels import get_enabled_hotel
from domain.connection import Connection
from domain.errors import PmsError
from domain.hotel import Hotel
from domain.messages import ItemKind
from ports.document_exchange import (
    DocumentHandler,
    DocumentItemResult,
    DocumentProvider,
    DocumentReply,
    DocumentScope,
    InboundDocument,
)
from ports.errors import Unsupported
from ports.providers import Provider, ReadItem
from ports.unit_of_work import UnitOfWork

START_BYTES: Final = 16 * 1024
"""Of a document, before its sender is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRequest(InboundDocument):
    """A document that was sent to a provider's endpoint. `load`: the whole request, for a sender
    who was authenticated by its headers or the start of the document."""

    provider: str
    correlation_id: str
    load: "Callable[[], DocumentRequest] | None" = None


@dataclass(frozen=True, slots=True)
class ExchangeDocument(InboundUseCase):
    """The hotel comes from the credentials; the reply follows the commit of inbox rows, changes
    and events. Sending a document again is harmless: its items are `unchanged`."""

    def __call__(self, request: DocumentRequest) -> DocumentReply:
        """Raises UnknownProvider, Unsupported, Unauthenticated, HotelDisabled, UnreadableMessage,
        TooManyItems, QuarantineFull, StoreUnavailable, Unsealable, what `load` raises: nothing was
        stored then, and `render_error` gives the error in the vendor's format."""
        provider, document_provider = self._document_provider(request.provider)
        connection, hotel = self._authenticate(provider, document_provider, request)
        request = request.load() if request.load else request
        batch_id, context = self._begin_batch(connection, hotel, provider, request.correlation_id)
        now = context.now
        scope = DocumentScope(
            context=build_hotel_context(connection, hotel, observed_at=now),
            settings=connection.settings,
            limit=MAX_ITEMS,
        )
        mask = payload_mask(self.mask_cards, provider)
        masked_request = replace(request, document=mask(request.document))
        handler = document_provider.read_document(masked_request, scope)
        today = local_date(connection, hotel, now)
        return handler.answer(self._apply(handler, context, batch_id, today, mask), now=now)

    def render_error(self, request: DocumentRequest, error: PmsError) -> DocumentReply | None:
        """None if no such provider is installed, or it exchanges no documents."""
        try:
            _, document_provider = self._document_provider(request.provider)
        except PmsError:
            return None
        return document_provider.render_error(request, error)

    def _document_provider(self, name: str) -> tuple[Provider, DocumentProvider]:
        provider = self.providers.get(name)
        if not isinstance(provider, DocumentProvider):
            raise Unsupported("this provider does not exchange documents")
        return provider, provider

    def _authenticate(
        self, provider: Provider, document_provider: DocumentProvider, document: InboundDocument
    ) -> tuple[Connection, Hotel]:
        credentials = document_provider.sender_credentials(document)
        if credentials is None:
            raise Unauthenticated("send the user name and password of the connection")
        name = provider.capabilities.name
        connection = self._connection_of(credentials.connection_key, name)
        if connection is None:
            raise Unauthenticated("the user name or the password is wrong")
        with self.unit_of_work() as uow:
            secrets = uow.connections.secrets(connection.id)
        if not provider.authentic(credentials.headers, secrets):
            raise Unauthenticated("the user name or the password is wrong")
        return connection, get_enabled_hotel(self.directory, connection.hotel_id)

    def _apply(
        self,
        handler: DocumentHandler,
        context: ApplyContext,
        batch_id: UUID,
        today: date,
        mask: PayloadMask,
    ) -> list[DocumentItemResult]:
        items, ignored = handler.items, handler.ignored_items
        rows = item_rows([*items, *ignored], context, batch_id, self.ids, mask)
        if not rows:
            return []
        item_count = len(items)
        ignored_rows = [
            replace(decide_row(row, []), reason=item.reason)
            for row, item in zip(rows[item_count:], ignored, strict=True)
        ]

        def store(uow: UnitOfWork) -> tuple[bool, list[PushedItem]]:
            is_first = _is_first_availability(uow, items, context, today)
            pushed = apply_pushed_items(
                uow, rows[:item_count], items, context, self.ids, self.quarantine_cap
            )
            add_rows(uow, ignored_rows, context)
            return is_first, pushed

        is_first, pushed = in_transaction(self.unit_of_work, store)
        if any(item.outcome is None for item in pushed):
            enqueue_inbox(self.queue, rows[0])
        return [
            DocumentItemResult(
                item=item,
                outcome=result.outcome,
                reason=result.reason,
                is_first_availability=is_first,
            )
            for item, result in zip(items, pushed, strict=True)
        ]


def _is_first_availability(
    uow: UnitOfWork, items: Sequence[ReadItem], context: ApplyContext, today: date
) -> bool:
    if all(item.kind is not ItemKind.AVAILABILITY for item in items):
        return False
    return not uow.availability.held_from(context.hotel_id, context.provider, today)
