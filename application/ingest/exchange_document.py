"""A vendor's document is read, applied and answered in the vendor's own words, in one request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from application.access.authenticate import secret_hash
from application.errors import HotelDisabled, HotelNotFound, Unauthenticated
from application.ingest.ingest_items import (
    MAX_ITEMS,
    InboundBatch,
    PushedItem,
    apply_pushed_items,
    enqueue_inbox_jobs,
    hotel_context,
    inbox_rows,
)
from application.retrying import retry_on_conflict
from domain.connection import Connection
from domain.errors import PmsError
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ItemKind, ItemOutcome
from ports.directory import Directory
from ports.document_exchange import (
    DocumentHandler,
    DocumentItemResult,
    DocumentProvider,
    DocumentReply,
    InboundDocument,
)
from ports.errors import Unsupported
from ports.job_queue import JobQueue
from ports.providers import Provider, Providers, ReadItem
from ports.system import CardMask, Clock, IdGenerator
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRequest:
    """`headers` have lower-case names. `action`: the form's, if it came in one (`is_form`)."""

    provider: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    correlation_id: str
    action: str | None = None
    is_form: bool = False

    def inbound_document(self) -> InboundDocument:
        return InboundDocument(
            headers=self.headers, document=self.body, action=self.action, is_form=self.is_form
        )


@dataclass(frozen=True, slots=True)
class ExchangeDocument:
    """Rules 4 and 6: the hotel comes from the credentials, the answer after one commit of inbox
    rows, changes and events. What came before is `unchanged`: sending again is harmless."""

    unit_of_work: UnitOfWorkFactory
    directory: Directory
    providers: Providers
    queue: JobQueue
    mask_cards: CardMask
    clock: Clock
    ids: IdGenerator

    def __call__(self, document: DocumentRequest) -> DocumentReply:
        """Raises UnknownProvider, Unsupported, Unauthenticated, HotelDisabled, UnreadableMessage,
        TooManyItems, StoreUnavailable, Unsealable: in each case nothing was stored, and `refusal`
        says it in the vendor's words."""
        provider, document_provider = self._document_provider(document.provider)
        inbound_document = document.inbound_document()
        connection, hotel = self._sender(
            provider, document_provider, inbound_document, document.provider
        )
        now = self.clock.now()
        masked = replace(inbound_document, document=self.mask_cards(inbound_document.document))
        context = hotel_context(connection, hotel, observed_at=now)
        handler = document_provider.read_document(
            masked, context, connection.settings, limit=MAX_ITEMS
        )
        inbound_batch = InboundBatch(
            connection=connection,
            correlation_id=document.correlation_id,
            at=now,
            batch_id=self.ids.new(),
        )
        can_fetch = provider.capabilities.fetches_by_id
        return handler.answer(self._apply(handler, inbound_batch, can_fetch=can_fetch), now=now)

    def render_error(self, document: DocumentRequest, error: PmsError) -> DocumentReply | None:
        """None where there is no vendor of this name whose words could be used."""
        try:
            _, document_provider = self._document_provider(document.provider)
        except PmsError:
            return None
        return document_provider.render_error(document.inbound_document(), error)

    def _document_provider(self, name: str) -> tuple[Provider, DocumentProvider]:
        provider = self.providers.get(name)
        if not isinstance(provider, DocumentProvider):
            raise Unsupported("this provider's vendor does not send documents to be answered")
        return provider, provider

    def _sender(
        self,
        provider: Provider,
        document_provider: DocumentProvider,
        inbound_document: InboundDocument,
        name: str,
    ) -> tuple[Connection, Hotel]:
        sender_credentials = document_provider.sender_credentials(inbound_document)
        if sender_credentials is None:
            raise Unauthenticated("send the user name and password of the connection")
        connection = self.directory.connection_by_key_hash(
            secret_hash(sender_credentials.connection_key)
        )
        if connection is None or connection.provider != name:
            raise Unauthenticated("the user name or the password is wrong")
        with self.unit_of_work() as uow:
            secrets = uow.connections.secrets(connection.id)
        if not provider.authentic(sender_credentials.headers, secrets):
            raise Unauthenticated("the user name or the password is wrong")
        hotel = self.directory.hotel(connection.hotel_id)
        if hotel is None:
            raise HotelNotFound
        if not hotel.enabled:
            raise HotelDisabled
        return connection, hotel

    def _apply(
        self, handler: DocumentHandler, inbound_batch: InboundBatch, *, can_fetch: bool
    ) -> list[DocumentItemResult]:
        if not handler.items and not handler.ignored_items:
            return []
        rows = inbox_rows(handler.items, inbound_batch, self.ids, self.mask_cards)
        ignored_rows = self._ignored_rows(handler, inbound_batch, first=len(rows))

        def attempt() -> tuple[bool, list[PushedItem]]:
            with self.unit_of_work() as uow:
                is_first_availability = _is_first_availability(uow, handler.items, inbound_batch)
                pushed = apply_pushed_items(
                    uow, rows, handler.items, can_fetch=can_fetch, ids=self.ids
                )
                if ignored_rows:
                    uow.inbox.add(ignored_rows)
                    uow.connections.touch_inbound(inbound_batch.connection.id, at=inbound_batch.at)
                uow.commit()
            return is_first_availability, pushed

        is_first_availability, pushed = retry_on_conflict(attempt)
        if any(item.outcome is None for item in pushed):
            enqueue_inbox_jobs(self.queue, rows[:1])
        return [
            DocumentItemResult(
                item=item,
                outcome=result.outcome,
                reason=result.reason,
                is_first_availability=is_first_availability,
            )
            for item, result in zip(handler.items, pushed, strict=True)
        ]

    def _ignored_rows(
        self, handler: DocumentHandler, inbound_batch: InboundBatch, *, first: int
    ) -> Sequence[InboxItem]:
        rows = inbox_rows(handler.ignored_items, inbound_batch, self.ids, self.mask_cards)
        return [
            replace(
                row,
                position=first + row.position,
                state=InboxState.DONE,
                outcome=ItemOutcome.UNCHANGED,
                reason=item.reason,
            )
            for row, item in zip(rows, handler.ignored_items, strict=True)
        ]


def _is_first_availability(
    uow: UnitOfWork, items: Sequence[ReadItem], inbound_batch: InboundBatch
) -> bool:
    if all(item.kind is not ItemKind.AVAILABILITY for item in items):
        return False
    scope = (inbound_batch.connection.hotel_id, inbound_batch.connection.provider)
    return not uow.availability.held_from(*scope, inbound_batch.at.date())
