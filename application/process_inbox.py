"""What was stored and acknowledged is carried out: deferred pushes, webhooks, ties, replays."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final
from uuid import UUID

from application import asked_connection
from application.apply_items import Context, apply_disappearances, apply_items
from application.ingest_items import MAX_ITEMS, hotel_context, push_context, wake
from application.missing_bookings import not_there
from application.quarantine_items import fingerprint, quarantine
from application.retrying import until_settled
from application.settle_items import (
    GAVE_UP,
    MAX_ATTEMPTS,
    as_it_was,
    fetched,
    is_passing,
    not_fetched,
    quarantined_once,
    settlement_of,
)
from application.siblings import hand_on
from application.stored_connections import account, found
from domain.errors import PmsError
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ItemKind, Settlement
from domain.precedence import Observation, Origin
from domain.sync import Connection
from domain.values import HotelId, Reason
from ports.job_queue import JobQueue
from ports.providers import Notification, Page, Provider, Providers, ReadItem, Ref, RefKind
from ports.system import Clock, IdGenerator, Secrets
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything of one connection in one batch."""

    connection: Connection
    hotel: Hotel
    items: Sequence[InboxItem]
    secrets: Secrets = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Understood:
    """What a stored item asks for: things to apply as they are, or things to fetch."""

    row: InboxItem
    read: Sequence[ReadItem] = ()
    refs: frozenset[Ref] = frozenset()
    reason: Reason | None = None
    notification: Notification | None = None
    foreign_property: str | None = None
    event_key: str | None = None


_REF_KINDS: Final = {
    ItemKind.BOOKING: RefKind.BOOKING,
    ItemKind.GUEST: RefKind.GUEST,
    ItemKind.AVAILABILITY: RefKind.AVAILABILITY,
}


@dataclass(frozen=True, slots=True)
class ProcessInbox:
    """Safe to run twice at once and to be killed anywhere: rows are settled in the transaction
    that applies them, and what is applied again is `unchanged`. Attempts are counted before the
    work: an item that ends its worker each time is given up as well."""

    unit_of_work: UnitOfWorkFactory
    providers: Providers
    queue: JobQueue
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
        """One settlement per item that was in one of `states` (`only`: that item alone); none for
        items that another worker settled meanwhile. Where the provider is not to be asked now, or
        refuses our credentials, they stay as they are.

        Raises ProviderUnavailable, RateLimited, TooHeavy: the items stay as they are, one attempt
        older.
        """
        with self.unit_of_work() as uow:
            batch = uow.inbox.batch(hotel_id, batch_id)
        rows = [row for row in batch if row.state in states and only in (None, row.id)]
        settled: list[Settlement] = []
        for together in _portions(rows):
            settled += self._carry_out(self._begin(together))
        return settled

    def _begin(self, rows: Sequence[InboxItem]) -> _Work:
        with self.unit_of_work() as uow:
            uow.inbox.attempt(rows[0].hotel_id, [row.id for row in rows])
            connection, hotel = found(uow, rows[0].connection_id)
            secrets = uow.connections.secrets(connection.id)
            uow.commit()
        tried = [replace(row, attempts=row.attempts + 1) for row in rows]
        return _Work(connection, hotel, tried, secrets)

    def _carry_out(self, work: _Work) -> list[Settlement]:
        provider = self.providers.get(work.connection.provider)
        understood = [self._understand(provider, work, row) for row in work.items]
        understood = [self._handed_on(provider, work, one) for one in understood]
        understood = self._not_again(work, understood)
        work = self._obey(work, understood)
        settled = self._apply(provider, [u for u in understood if not u.refs])
        ties = {s.item_id: s for s in settled if s.state is InboxState.RECEIVED}
        asking = [u for u in understood if u.refs]
        asking += [_tied(u, ties[u.row.id]) for u in understood if u.row.id in ties]
        settled = [s for s in settled if s.item_id not in ties]
        return settled + self._ask(provider, work, asking)

    def _understand(self, provider: Provider, work: _Work, row: InboxItem) -> _Understood:
        """What came by a pull is asked for again rather than read again from its old text."""
        if row.state is InboxState.RECEIVED and row.attempts > MAX_ATTEMPTS:
            return _Understood(row, reason=GAVE_UP)
        context = hotel_context(work.connection, work.hotel, observed_at=row.received_at)
        try:
            if row.kind is ItemKind.NOTIFICATION:
                said = provider.read_notification(row.body, context)
                return _notified(work.connection, row, said)
            pulled = row.origin is not Origin.PUSHED and provider.capabilities.fetches_by_id
            if pulled and (refs := _refs(row)):
                return _Understood(row, refs=refs)
            read = provider.read_items(row.kind, [row.body], context, limit=MAX_ITEMS)
        except PmsError as error:
            path = error.details.get("path")
            return _Understood(
                row, reason=Reason(error.code, str(path) if path else None, error.message)
            )
        return _Understood(row, read=read)

    def _handed_on(self, provider: Provider, work: _Work, one: _Understood) -> _Understood:
        """In a transaction of its own, as the other hotel is another tenant: broken off in
        between, it is handed on twice, which is no harm. With it this hotel's part is done."""
        if one.foreign_property is None:
            return one
        property_id = one.foreign_property

        def attempt() -> InboxItem | None:
            with self.unit_of_work() as uow:
                copy = hand_on(
                    uow, one.row, work.connection, property_id, provider.capabilities, self.ids
                )
                uow.commit()
            return copy

        copy = until_settled(attempt)
        if copy is None:
            return one
        wake(self.queue, [copy])
        return _Understood(one.row)

    def _not_again(self, work: _Work, understood: Sequence[_Understood]) -> list[_Understood]:
        """An event that was carried out asks for nothing when it is told again; a person who
        replays it wants it asked."""
        told = {one.event_key for one in understood if one.event_key}
        with self.unit_of_work() as uow:
            known = uow.inbox.carried_out(work.hotel.id, told) if told else frozenset()
        return [
            replace(one, refs=frozenset())
            if one.event_key in known and one.row.state is InboxState.RECEIVED
            else one
            for one in understood
        ]

    def _obey(self, work: _Work, understood: Sequence[_Understood]) -> _Work:
        """Before anything is asked: new credentials are those to ask with."""
        said = [(one.row, one.notification) for one in understood if one.notification]
        if not any(one.new_secrets or one.disabled for _, one in said):
            return work
        at = max(row.received_at for row, _ in said)

        def attempt() -> _Work:
            with self.unit_of_work() as uow:
                connection, secrets = asked_connection.obey(
                    uow, work.connection.id, [one for _, one in said], at=at
                )
                uow.commit()
            return replace(work, connection=connection, secrets=secrets)

        return until_settled(attempt)

    def _apply(self, provider: Provider, understood: Sequence[_Understood]) -> list[Settlement]:
        """Ties come back as RECEIVED."""
        if not understood:
            return []
        can_fetch = provider.capabilities.fetches_by_id

        def attempt() -> list[Settlement]:
            with self.unit_of_work() as uow:
                settled = []
                for _, same in groupby(_open(uow, understood), lambda one: one.row.received_at):
                    settled += self._apply_together(uow, list(same), can_fetch=can_fetch)
                uow.commit()
            return settled

        return until_settled(attempt)

    def _apply_together(
        self, uow: UnitOfWork, understood: Sequence[_Understood], *, can_fetch: bool
    ) -> list[Settlement]:
        context = push_context(understood[0].row, now=self.clock.now(), can_fetch=can_fetch)
        results = iter(
            apply_items(uow, [item for one in understood for item in one.read], context, self.ids)
        )
        rows = [one.row for one in understood]
        settled = [
            settlement_of(one.row, [next(results) for _ in one.read], one.reason)
            for one in understood
        ]
        settled = quarantined_once(uow, rows, settled, context, self.ids)
        uow.inbox.settle(context.hotel_id, _decided(rows, settled))
        return settled

    def _ask(
        self, provider: Provider, work: _Work, asking: Sequence[_Understood]
    ) -> list[Settlement]:
        """While the connection rests nobody is asked: the items wait until it is resumed."""
        if asked_connection.rests(work.connection, self.clock.now()):
            return [as_it_was(one.row) for one in asking]
        return self._fetch(provider, work, asking) if asking else []

    def _fetch(
        self, provider: Provider, work: _Work, asking: Sequence[_Understood]
    ) -> list[Settlement]:
        refs = sorted(frozenset().union(*(one.refs for one in asking)), key=_ref_order)
        correlation_id = asking[0].row.correlation_id
        try:
            client = provider.open(
                account(work.connection, work.hotel, work.secrets, correlation_id)
            )
            try:
                page = client.fetch(refs)
            finally:
                client.close()
        except PmsError as error:
            return self._not_fetched(asking, error)
        tells_deletion = provider.capabilities.tells_deletion
        gone = not_there(page, refs) if tells_deletion else ()
        return until_settled(lambda: self._store(page, gone, asking))

    def _store(
        self, page: Page, gone: Sequence[str], asking: Sequence[_Understood]
    ) -> list[Settlement]:
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
            asked_connection.answered(uow, first.connection_id)
            opened = _open(uow, asking)
            if page.records:
                uow.records.save(first.hotel_id, first.provider, page.records, now=context.now)
            results = apply_items(uow, page.items, context, self.ids)
            quarantine(uow, results, context, self.ids, batch_id=self.ids.new())
            if gone:
                apply_disappearances(uow, gone, context, self.ids)
            settled = [fetched(one.row, results, event_key=one.event_key) for one in opened]
            uow.inbox.settle(first.hotel_id, settled)
            uow.commit()
        return settled

    def _not_fetched(self, asking: Sequence[_Understood], error: PmsError) -> list[Settlement]:
        """A passing failure leaves the items for the next tick; after too many attempts, or when
        asking again can't help, they are quarantined. Refused credentials stop the connection,
        which leaves the items waiting for its resumption."""
        first = asking[0].row

        def attempt() -> list[Settlement]:
            context = push_context(first, now=self.clock.now(), can_fetch=False)
            with self.unit_of_work() as uow:
                if is_passing(error) or asked_connection.stops(error):
                    asked_connection.failed(uow, first.connection_id, error, now=context.now)
                rows = [one.row for one in _open(uow, asking)]
                settled = [not_fetched(row, error) for row in rows]
                settled = quarantined_once(uow, rows, settled, context, self.ids)
                uow.inbox.settle(first.hotel_id, settled)
                uow.commit()
            return settled

        settled = until_settled(attempt)
        if is_passing(error):
            raise error
        return settled


def _portions(rows: Sequence[InboxItem]) -> list[Sequence[InboxItem]]:
    """All together at first. Where an attempt broke off, one by one and the least tried first: no
    item waits behind one that ends its worker."""
    if not any(row.attempts for row in rows):
        return [rows] if rows else []
    return [[row] for row in sorted(rows, key=lambda row: row.attempts)]


def _open(uow: UnitOfWork, understood: Sequence[_Understood]) -> list[_Understood]:
    """Those that nobody settled since they were read, locked until the end of the unit of work."""
    if not understood:
        return []
    held = uow.inbox.load(understood[0].row.hotel_id, [one.row.id for one in understood])
    states = {item_id: row.state for item_id, row in held.items()}
    return [one for one in understood if states.get(one.row.id) is one.row.state]


def _decided(rows: Sequence[InboxItem], settled: Sequence[Settlement]) -> list[Settlement]:
    """A tie does not take a row out of quarantine: the provider's answer does."""
    return [
        settlement
        for row, settlement in zip(rows, settled, strict=True)
        if row.state is InboxState.RECEIVED or settlement.state is not InboxState.RECEIVED
    ]


def _notified(connection: Connection, row: InboxItem, said: Notification) -> _Understood:
    expected = connection.settings.get("property_id")
    if said.property_id and expected and said.property_id != expected:
        detail = "the notification speaks of another property than this connection's"
        reason = Reason("foreign_property", None, detail)
        return _Understood(row, reason=reason, foreign_property=said.property_id)
    refs = frozenset[Ref]() if said.disabled else frozenset(said.refs)
    return _Understood(row, refs=refs, notification=said, event_key=_event_key(row, said))


def _event_key(row: InboxItem, said: Notification) -> str | None:
    """Of one length, and of this connection: another one's events may have the same names."""
    if said.event_key is None:
        return None
    named = f"{row.connection_id}/{said.event_key}"
    return fingerprint(row.provider, ItemKind.NOTIFICATION, named.encode())


def _tied(one: _Understood, tie: Settlement) -> _Understood:
    row = replace(one.row, external_id=tie.external_id)
    return replace(one, row=row, refs=_refs(row))


def _refs(row: InboxItem) -> frozenset[Ref]:
    """What to ask for in order to have this item; availability can be asked for as a whole only."""
    kind = _REF_KINDS.get(row.kind)
    if kind is None or not row.external_id:
        return frozenset()
    return frozenset({Ref(kind, "" if kind is RefKind.AVAILABILITY else row.external_id)})


def _ref_order(ref: Ref) -> tuple[str, str]:
    return ref.kind, ref.external_id
