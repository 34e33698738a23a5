"""What was stored and acknowledged is carried out: deferred pushes, webhooks, ties, replays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from application.apply_items import Context, ItemResult, apply_items
from application.ingest_items import MAX_ITEMS, hotel_context, push_context
from application.quarantine_items import quarantine, tell_quarantined
from application.retrying import until_settled
from application.stored_connections import account, found
from domain.errors import PmsError
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ItemKind, Settlement
from domain.precedence import Observation, Origin
from domain.sync import Connection, ConnectionState, ItemOutcome
from domain.values import HotelId, Reason
from ports.errors import ProviderUnavailable, RateLimited, TooHeavy, UnreadableMessage
from ports.providers import (
    Notification,
    Page,
    Provider,
    Providers,
    ReadItem,
    Ref,
    RefKind,
)
from ports.system import Clock, IdGenerator, Secrets
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

MAX_ATTEMPTS: Final = 12
"""With pauses that double (see Inbox.waiting) a day and a half; then the item is quarantined."""

_TRANSIENT = (ProviderUnavailable, RateLimited, TooHeavy)
_REF_KINDS = {ItemKind.BOOKING: RefKind.BOOKING, ItemKind.GUEST: RefKind.GUEST}


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything of one connection in one batch."""

    connection: Connection
    hotel: Hotel
    secrets: Secrets
    items: Sequence[InboxItem]


@dataclass(frozen=True, slots=True)
class _Understood:
    """What a stored item asks for: things to apply as they are, or things to fetch."""

    row: InboxItem
    read: Sequence[ReadItem] = ()
    refs: frozenset[Ref] = frozenset()
    reason: Reason | None = None
    notification: Notification | None = None


@dataclass(frozen=True, slots=True)
class ProcessInbox:
    """Safe to run twice at once and to be killed anywhere: rows are settled in the transaction
    that applies them, and what is applied again is `unchanged`."""

    unit_of_work: UnitOfWorkFactory
    providers: Providers
    clock: Clock
    ids: IdGenerator

    def __call__(
        self,
        hotel_id: HotelId,
        batch_id: UUID,
        *,
        states: frozenset[InboxState] = frozenset({InboxState.RECEIVED}),
        only: UUID | None = None,
    ) -> Sequence[Settlement]:
        """One settlement per item that was in one of `states` (`only`: that item alone).

        Raises ProviderUnavailable, RateLimited, TooHeavy: the items stay as they are, one attempt
        older.
        """
        work = self._load(hotel_id, batch_id, states, only)
        if work is None:
            return []
        provider = self.providers.get(work.connection.provider)
        understood = [self._understand(provider, work, row) for row in work.items]
        settled = self._apply_pushed(provider, [u for u in understood if not u.refs])
        tied = {s.item_id for s in settled if s.state is InboxState.RECEIVED}
        asking = [u for u in understood if u.refs] + [
            replace(u, refs=_refs(u.row)) for u in understood if u.row.id in tied
        ]
        settled = [s for s in settled if s.item_id not in tied]
        return settled + self._fetch(provider, work, asking)

    def _load(
        self, hotel_id: HotelId, batch_id: UUID, states: frozenset[InboxState], only: UUID | None
    ) -> _Work | None:
        with self.unit_of_work() as uow:
            batch = uow.inbox.batch(hotel_id, batch_id)
            items = [i for i in batch if i.state in states and only in (None, i.id)]
            if not items:
                return None
            connection, hotel = found(uow, items[0].connection_id)
            return _Work(connection, hotel, uow.connections.secrets(connection.id), items)

    def _understand(self, provider: Provider, work: _Work, row: InboxItem) -> _Understood:
        context = hotel_context(work.connection, work.hotel, observed_at=row.received_at)
        try:
            if row.kind is ItemKind.NOTIFICATION:
                said = provider.read_notification(row.body, context)
                return self._notified(work.connection, row, said)
            if row.origin is not Origin.PUSHED and provider.capabilities.fetches_by_id:
                return (
                    _Understood(row, refs=_refs(row))
                    if _refs(row)
                    else self._read(provider, work, row)
                )
            return self._read(provider, work, row)
        except UnreadableMessage as error:
            path = error.details.get("path")
            return _Understood(
                row, reason=Reason(error.code, str(path) if path else None, error.message)
            )

    def _read(self, provider: Provider, work: _Work, row: InboxItem) -> _Understood:
        context = hotel_context(work.connection, work.hotel, observed_at=row.received_at)
        return _Understood(
            row, read=provider.read_items(row.kind, [row.body], context, limit=MAX_ITEMS)
        )

    def _notified(self, connection: Connection, row: InboxItem, said: Notification) -> _Understood:
        expected = connection.settings.get("property_id")
        if said.property_id and expected and said.property_id != expected:
            detail = "the notification speaks of another property than this connection's"
            return _Understood(row, reason=Reason("foreign_property", None, detail))
        return _Understood(row, refs=frozenset(said.refs), notification=said)

    def _apply_pushed(
        self, provider: Provider, understood: Sequence[_Understood]
    ) -> list[Settlement]:
        if not understood:
            return []
        can_fetch = provider.capabilities.fetches_by_id

        def attempt() -> list[Settlement]:
            with self.unit_of_work() as uow:
                settled = [self._settle_one(uow, one, can_fetch=can_fetch) for one in understood]
                uow.inbox.settle(understood[0].row.hotel_id, settled)
                uow.commit()
            return settled

        return until_settled(attempt)

    def _settle_one(self, uow: UnitOfWork, one: _Understood, *, can_fetch: bool) -> Settlement:
        context = push_context(one.row, now=self.clock.now(), can_fetch=can_fetch)
        if one.notification is not None:
            _obey(uow, one.row, one.notification)
        results = apply_items(uow, one.read, context, self.ids) if one.read else []
        settlement = settlement_of(one.row, results, one.reason)
        if settlement.state is InboxState.QUARANTINED and (
            one.row.state is not InboxState.QUARANTINED
        ):
            told = replace(one.row, reason=settlement.reason, external_id=settlement.external_id)
            tell_quarantined(uow, [told], context, self.ids)
        return settlement

    def _fetch(
        self,
        provider: Provider,
        work: _Work,
        asking: Sequence[_Understood],
    ) -> list[Settlement]:
        if not asking:
            return []
        refs = sorted(frozenset().union(*(one.refs for one in asking)), key=_ref_order)
        first = asking[0].row
        client = provider.open(
            account(work.connection, work.hotel, work.secrets, first.correlation_id)
        )
        try:
            page = client.fetch(refs)
        except PmsError as error:
            return self._not_fetched(asking, error)
        finally:
            client.close()
        return until_settled(lambda: self._store(page, asking))

    def _store(self, page: Page, asking: Sequence[_Understood]) -> list[Settlement]:
        first = asking[0].row
        context = Context(
            hotel_id=first.hotel_id,
            provider=first.provider,
            observation=Observation(
                Origin.PULLED, page.observed_at, first.connection_id, f"inbox/{first.batch_id}"
            ),
            correlation_id=first.correlation_id,
            now=self.clock.now(),
            can_fetch=False,
        )
        with self.unit_of_work() as uow:
            if page.records:
                uow.records.save(first.hotel_id, first.provider, page.records, now=context.now)
            results = apply_items(uow, page.items, context, self.ids)
            quarantine(uow, results, context, self.ids, batch_id=self.ids.new())
            for one in asking:
                if one.notification is not None:
                    _obey(uow, one.row, one.notification)
            settled = [_fetched(one, results) for one in asking]
            uow.inbox.settle(first.hotel_id, settled)
            uow.commit()
        return settled

    def _not_fetched(self, asking: Sequence[_Understood], error: PmsError) -> list[Settlement]:
        """A passing failure leaves the items for the next tick; after too many attempts, or when
        asking again can't help, they are quarantined."""
        first = asking[0].row
        passing = isinstance(error, _TRANSIENT)
        settled = [
            Settlement(
                item_id=one.row.id,
                state=one.row.state
                if passing and one.row.attempts + 1 < MAX_ATTEMPTS
                else InboxState.QUARANTINED,
                outcome=None if passing else ItemOutcome.QUARANTINED,
                reason=Reason(error.code, None, error.message),
                external_id=one.row.external_id,
            )
            for one in asking
        ]
        with self.unit_of_work() as uow:
            uow.inbox.settle(first.hotel_id, settled)
            uow.commit()
        if passing:
            raise error
        return settled


def settlement_of(
    row: InboxItem, results: Sequence[ItemResult], reason: Reason | None
) -> Settlement:
    """A stored item holds one thing; a notification that asks for nothing is done as it is."""
    if reason is None and not results:
        return Settlement(item_id=row.id, state=InboxState.DONE, outcome=ItemOutcome.UNCHANGED)
    worst = next((r for r in results if r.outcome is ItemOutcome.QUARANTINED), None)
    if reason is not None or worst is not None:
        return Settlement(
            item_id=row.id,
            state=InboxState.QUARANTINED,
            outcome=ItemOutcome.QUARANTINED,
            reason=reason or (worst.reason if worst else None),
            external_id=worst.item.external_id if worst else row.external_id,
        )
    return Settlement(
        item_id=row.id,
        state=InboxState.RECEIVED if any(r.tied for r in results) else InboxState.DONE,
        outcome=results[0].outcome,
        reason=results[0].reason,
        external_id=results[0].item.external_id,
    )


def _fetched(one: _Understood, results: Sequence[ItemResult]) -> Settlement:
    """A webhook is done when all that it named was fetched and stored, quarantined items
    included: these have their own rows. A tie or replay has the outcome of its own thing."""
    mine = [r for r in results if r.item.external_id == one.row.external_id is not None]
    changed = any(r.outcome is ItemOutcome.APPLIED for r in results)
    outcome = ItemOutcome.APPLIED if changed else ItemOutcome.UNCHANGED
    if mine and one.row.kind is not ItemKind.NOTIFICATION:
        return settlement_of(one.row, mine, None)
    return Settlement(
        item_id=one.row.id,
        state=InboxState.DONE,
        outcome=outcome,
        external_id=one.row.external_id,
    )


def _obey(uow: UnitOfWork, row: InboxItem, said: Notification) -> None:
    if said.new_secrets:
        held = uow.connections.secrets(row.connection_id)
        uow.connections.replace_secrets(row.connection_id, {**held, **said.new_secrets})
    if said.disabled:
        connection, _ = found(uow, row.connection_id)
        uow.connections.save(
            replace(connection, state=ConnectionState.STOPPED, last_error_code="disabled_by_hotel")
        )


def _refs(row: InboxItem) -> frozenset[Ref]:
    kind = _REF_KINDS.get(row.kind)
    if kind is None or not row.external_id:
        return frozenset()
    return frozenset({Ref(kind, row.external_id)})


def _ref_order(ref: Ref) -> tuple[str, str]:
    return ref.kind, ref.external_id
