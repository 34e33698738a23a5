"""A vendor's document is read, applied and answered in the vendor's own words, in one request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from application.authenticate import secret_hash
from application.errors import HotelDisabled, HotelNotFound, Unauthenticated
from application.ingest_items import (
    MAX_ITEMS,
    Arrival,
    PushedItem,
    apply_pushed,
    hotel_context,
    inbox_rows,
    wake,
)
from application.retrying import until_settled
from domain.errors import PmsError
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ItemKind
from domain.sync import Connection, ItemOutcome
from ports.conversations import Answer, Conversation, ConversingProvider, Letter, Told
from ports.directory import Directory
from ports.errors import Unsupported
from ports.job_queue import JobQueue
from ports.providers import Provider, Providers, ReadItem
from ports.system import CardMask, Clock, IdGenerator
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`headers` have lower-case names. `action`: the form's, if it came in one (`is_form`)."""

    provider: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    correlation_id: str
    action: str | None = None
    is_form: bool = False

    def letter(self) -> Letter:
        return Letter(
            headers=self.headers, document=self.body, action=self.action, is_form=self.is_form
        )


@dataclass(frozen=True, slots=True)
class Converse:
    """Rules 4 and 6: the hotel comes from the credentials, the answer after one commit of inbox
    rows, changes and events. What came before is `unchanged`: sending again is harmless."""

    unit_of_work: UnitOfWorkFactory
    directory: Directory
    providers: Providers
    queue: JobQueue
    mask_cards: CardMask
    clock: Clock
    ids: IdGenerator

    def __call__(self, document: Document) -> Answer:
        """Raises UnknownProvider, Unsupported, Unauthenticated, HotelDisabled, UnreadableMessage,
        TooManyItems, StoreUnavailable, Unsealable: in each case nothing was stored, and `refusal`
        says it in the vendor's words."""
        provider, conversing = self._conversing(document.provider)
        letter = document.letter()
        connection, hotel = self._sender(provider, conversing, letter, document.provider)
        now = self.clock.now()
        masked = replace(letter, document=self.mask_cards(letter.document))
        context = hotel_context(connection, hotel, observed_at=now)
        heard = conversing.hear(masked, context, connection.settings, limit=MAX_ITEMS)
        arrival = Arrival(
            connection=connection,
            correlation_id=document.correlation_id,
            at=now,
            batch_id=self.ids.new(),
        )
        can_fetch = provider.capabilities.fetches_by_id
        return heard.answer(self._apply(heard, arrival, can_fetch=can_fetch), now=now)

    def refusal(self, document: Document, error: PmsError) -> Answer | None:
        """None where there is no vendor of this name whose words could be used."""
        try:
            _, conversing = self._conversing(document.provider)
        except PmsError:
            return None
        return conversing.refuse(document.letter(), error)

    def _conversing(self, name: str) -> tuple[Provider, ConversingProvider]:
        provider = self.providers.get(name)
        if not isinstance(provider, ConversingProvider):
            raise Unsupported("this provider's vendor does not send documents to be answered")
        return provider, provider

    def _sender(
        self, provider: Provider, conversing: ConversingProvider, letter: Letter, name: str
    ) -> tuple[Connection, Hotel]:
        claim = conversing.claim(letter)
        if claim is None:
            raise Unauthenticated("send the user name and password of the connection")
        connection = self.directory.connection_by_key_hash(secret_hash(claim.connection_key))
        if connection is None or connection.provider != name:
            raise Unauthenticated("the user name or the password is wrong")
        with self.unit_of_work() as uow:
            secrets = uow.connections.secrets(connection.id)
        if not provider.authentic(claim.headers, secrets):
            raise Unauthenticated("the user name or the password is wrong")
        hotel = self.directory.hotel(connection.hotel_id)
        if hotel is None:
            raise HotelNotFound
        if not hotel.enabled:
            raise HotelDisabled
        return connection, hotel

    def _apply(self, heard: Conversation, arrival: Arrival, *, can_fetch: bool) -> list[Told]:
        if not heard.items and not heard.passed_over:
            return []
        rows = inbox_rows(heard.items, arrival, self.ids, self.mask_cards)
        noted = self._noted(heard, arrival, first=len(rows))

        def attempt() -> tuple[bool, list[PushedItem]]:
            with self.unit_of_work() as uow:
                is_news = _is_news(uow, heard.items, arrival)
                pushed = apply_pushed(uow, rows, heard.items, can_fetch=can_fetch, ids=self.ids)
                if noted:
                    uow.inbox.add(noted)
                    uow.connections.heard(arrival.connection.id, at=arrival.at)
                uow.commit()
            return is_news, pushed

        is_news, pushed = until_settled(attempt)
        if any(item.waits for item in pushed):
            wake(self.queue, rows[:1])
        return [
            Told(
                item=item,
                outcome=result.outcome or ItemOutcome.STALE,
                reason=result.reason,
                is_news=is_news,
            )
            for item, result in zip(heard.items, pushed, strict=True)
        ]

    def _noted(self, heard: Conversation, arrival: Arrival, *, first: int) -> Sequence[InboxItem]:
        rows = inbox_rows(heard.passed_over, arrival, self.ids, self.mask_cards)
        return [
            replace(
                row,
                position=first + row.position,
                state=InboxState.DONE,
                outcome=ItemOutcome.UNCHANGED,
                reason=item.reason,
            )
            for row, item in zip(rows, heard.passed_over, strict=True)
        ]


def _is_news(uow: UnitOfWork, items: Sequence[ReadItem], arrival: Arrival) -> bool:
    if all(item.kind is not ItemKind.AVAILABILITY for item in items):
        return False
    place = (arrival.connection.hotel_id, arrival.connection.provider)
    return not uow.availability.held_from(*place, arrival.at.date())
