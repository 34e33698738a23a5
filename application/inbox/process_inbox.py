"""What was stored and acknowledged is carried out: deferred pushes, webhooks, ties, replays."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final
from uuid import UUID

from application.connections import connection_health
from application.connections.stored_connections import build_account, get_connection
from application.inbox.detect_deletions import detect_deletions
from application.inbox.inbox_outcomes import (
    ATTEMPTS_EXHAUSTED,
    MAX_ATTEMPTS,
    build_inbox_outcome,
    is_retryable,
    outcome_after_failed_fetch,
    outcome_after_fetch,
    quarantine_once,
    unchanged_inbox_outcome,
)
from application.inbox.notification_routing import forward_to_property
from application.ingest.apply_items import ApplyContext, apply_deletions, apply_items
from application.ingest.ingest_items import (
    MAX_ITEMS,
    enqueue_inbox_jobs,
    hotel_context,
    push_context,
)
from application.ingest.quarantine_items import fingerprint, quarantine
from application.retrying import retry_on_conflict
from domain.connection import Connection
from domain.errors import PmsError
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxOutcome, InboxState, ItemKind
from domain.precedence import Channel, Receipt
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
class _ParsedItem:
    """What a stored item asks for: things to apply as they are, or things to fetch."""

    row: InboxItem
    read: Sequence[ReadItem] = ()
    refs: frozenset[Ref] = frozenset()
    reason: Reason | None = None
    notification: Notification | None = None
    foreign_property: str | None = None
    dedup_key: str | None = None


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
    ) -> Sequence[InboxOutcome]:
        """One settlement per item that was in one of `states` (`only`: that item alone); none for
        items that another worker settled meanwhile. Where the provider is not to be asked now, or
        refuses our credentials, they stay as they are.

        Raises ProviderUnavailable, RateLimited, TooHeavy: the items stay as they are, one attempt
        older.
        """
        with self.unit_of_work() as uow:
            batch = uow.inbox.batch(hotel_id, batch_id)
        rows = [row for row in batch if row.state in states and only in (None, row.id)]
        outcomes: list[InboxOutcome] = []
        for portion in _split_batch(rows):
            outcomes += self._process(self._begin(portion))
        return outcomes

    def _begin(self, rows: Sequence[InboxItem]) -> _Work:
        with self.unit_of_work() as uow:
            uow.inbox.count_attempts(rows[0].hotel_id, [row.id for row in rows])
            connection, hotel = get_connection(uow, rows[0].connection_id)
            secrets = uow.connections.secrets(connection.id)
            uow.commit()
        tried = [replace(row, attempts=row.attempts + 1) for row in rows]
        return _Work(connection, hotel, tried, secrets)

    def _process(self, work: _Work) -> list[InboxOutcome]:
        provider = self.providers.get(work.connection.provider)
        parsed_items = [self._parse(provider, work, row) for row in work.items]
        parsed_items = [self._forward_to_property(provider, work, one) for one in parsed_items]
        parsed_items = self._drop_duplicates(work, parsed_items)
        work = self._apply_control(work, parsed_items)
        outcomes = self._apply(provider, [u for u in parsed_items if not u.refs])
        conflicts = {s.item_id: s for s in outcomes if s.state is InboxState.RECEIVED}
        to_fetch = [u for u in parsed_items if u.refs]
        to_fetch += [
            _refetch_conflict(u, conflicts[u.row.id]) for u in parsed_items if u.row.id in conflicts
        ]
        outcomes = [s for s in outcomes if s.item_id not in conflicts]
        return outcomes + self._fetch_unless_suspended(provider, work, to_fetch)

    def _parse(self, provider: Provider, work: _Work, row: InboxItem) -> _ParsedItem:
        """What came by a pull is asked for again rather than read again from its old text."""
        if row.state is InboxState.RECEIVED and row.attempts > MAX_ATTEMPTS:
            return _ParsedItem(row, reason=ATTEMPTS_EXHAUSTED)
        context = hotel_context(work.connection, work.hotel, observed_at=row.received_at)
        try:
            if row.kind is ItemKind.NOTIFICATION:
                received = provider.read_notification(row.body, context)
                return _parse_notification(work.connection, row, received)
            pulled = row.channel is not Channel.PUSHED and provider.capabilities.fetches_by_id
            if pulled and (refs := _refs_to_fetch(row)):
                return _ParsedItem(row, refs=refs)
            read = provider.read_items(row.kind, [row.body], context, limit=MAX_ITEMS)
        except PmsError as error:
            path = error.details.get("path")
            return _ParsedItem(
                row, reason=Reason(error.code, str(path) if path else None, error.message)
            )
        return _ParsedItem(row, read=read)

    def _forward_to_property(
        self, provider: Provider, work: _Work, one: _ParsedItem
    ) -> _ParsedItem:
        """In a transaction of its own, as the other hotel is another tenant: broken off in
        between, it is handed on twice, which is no harm. With it this hotel's part is done."""
        if one.foreign_property is None:
            return one
        property_id = one.foreign_property

        def attempt() -> InboxItem | None:
            with self.unit_of_work() as uow:
                copy = forward_to_property(
                    uow, one.row, work.connection, property_id, provider.capabilities, self.ids
                )
                uow.commit()
            return copy

        copy = retry_on_conflict(attempt)
        if copy is None:
            return one
        enqueue_inbox_jobs(self.queue, [copy])
        return _ParsedItem(one.row)

    def _drop_duplicates(
        self, work: _Work, parsed_items: Sequence[_ParsedItem]
    ) -> list[_ParsedItem]:
        """An event that was carried out asks for nothing when it is told again; a person who
        replays it wants it asked."""
        dedup_keys = {one.dedup_key for one in parsed_items if one.dedup_key}
        with self.unit_of_work() as uow:
            known = (
                uow.inbox.processed_dedup_keys(work.hotel.id, dedup_keys)
                if dedup_keys
                else frozenset()
            )
        return [
            replace(one, refs=frozenset())
            if one.dedup_key in known and one.row.state is InboxState.RECEIVED
            else one
            for one in parsed_items
        ]

    def _apply_control(self, work: _Work, parsed_items: Sequence[_ParsedItem]) -> _Work:
        """Before anything is asked: new credentials are those to ask with."""
        received = [(one.row, one.notification) for one in parsed_items if one.notification]
        if not any(one.new_secrets or one.disabled for _, one in received):
            return work
        at = max(row.received_at for row, _ in received)

        def attempt() -> _Work:
            with self.unit_of_work() as uow:
                connection, secrets = connection_health.apply_control(
                    uow, work.connection.id, [one for _, one in received], at=at
                )
                uow.commit()
            return replace(work, connection=connection, secrets=secrets)

        return retry_on_conflict(attempt)

    def _apply(self, provider: Provider, parsed_items: Sequence[_ParsedItem]) -> list[InboxOutcome]:
        """Ties come back as RECEIVED."""
        if not parsed_items:
            return []
        can_fetch = provider.capabilities.fetches_by_id

        def attempt() -> list[InboxOutcome]:
            with self.unit_of_work() as uow:
                outcomes = []
                for _, same in groupby(
                    _lock_unprocessed(uow, parsed_items), lambda one: one.row.received_at
                ):
                    outcomes += self._apply_together(uow, list(same), can_fetch=can_fetch)
                uow.commit()
            return outcomes

        return retry_on_conflict(attempt)

    def _apply_together(
        self, uow: UnitOfWork, parsed_items: Sequence[_ParsedItem], *, can_fetch: bool
    ) -> list[InboxOutcome]:
        context = push_context(parsed_items[0].row, now=self.clock.now(), can_fetch=can_fetch)
        results = iter(
            apply_items(uow, [item for one in parsed_items for item in one.read], context, self.ids)
        )
        rows = [one.row for one in parsed_items]
        outcomes = [
            build_inbox_outcome(one.row, [next(results) for _ in one.read], one.reason)
            for one in parsed_items
        ]
        outcomes = quarantine_once(uow, rows, outcomes, context, self.ids)
        uow.inbox.record_outcomes(context.hotel_id, _outcomes_to_write(rows, outcomes))
        return outcomes

    def _fetch_unless_suspended(
        self, provider: Provider, work: _Work, to_fetch: Sequence[_ParsedItem]
    ) -> list[InboxOutcome]:
        """While the connection rests nobody is asked: the items wait until it is resumed."""
        if connection_health.is_suspended(work.connection, self.clock.now()):
            return [unchanged_inbox_outcome(one.row) for one in to_fetch]
        return self._fetch(provider, work, to_fetch) if to_fetch else []

    def _fetch(
        self, provider: Provider, work: _Work, to_fetch: Sequence[_ParsedItem]
    ) -> list[InboxOutcome]:
        refs = sorted(frozenset().union(*(one.refs for one in to_fetch)), key=_ref_order)
        correlation_id = to_fetch[0].row.correlation_id
        try:
            client = provider.open(
                build_account(work.connection, work.hotel, work.secrets, correlation_id)
            )
            try:
                page = client.fetch(refs)
            finally:
                client.close()
        except PmsError as error:
            return self._record_failed_fetch(to_fetch, error)
        reports_deletions = provider.capabilities.reports_deletions
        deleted_ids = detect_deletions(page, refs) if reports_deletions else ()
        return retry_on_conflict(lambda: self._store(page, deleted_ids, to_fetch))

    def _store(
        self, page: Page, deleted_ids: Sequence[str], to_fetch: Sequence[_ParsedItem]
    ) -> list[InboxOutcome]:
        first = to_fetch[0].row
        context = ApplyContext(
            hotel_id=first.hotel_id,
            provider=first.provider,
            receipt=Receipt(
                Channel.PULLED, page.observed_at, first.connection_id, f"inbox/{first.batch_id}"
            ),
            correlation_id=first.correlation_id,
            now=self.clock.now(),
            can_fetch=False,
        )
        with self.unit_of_work() as uow:
            connection_health.record_success(uow, first.connection_id)
            locked_items = _lock_unprocessed(uow, to_fetch)
            if page.records:
                uow.records.save(first.hotel_id, first.provider, page.records, now=context.now)
            results = apply_items(uow, page.items, context, self.ids)
            quarantine(uow, results, context, self.ids, batch_id=self.ids.new())
            if deleted_ids:
                apply_deletions(uow, deleted_ids, context, self.ids)
            outcomes = [
                outcome_after_fetch(one.row, results, dedup_key=one.dedup_key)
                for one in locked_items
            ]
            uow.inbox.record_outcomes(first.hotel_id, outcomes)
            uow.commit()
        return outcomes

    def _record_failed_fetch(
        self, to_fetch: Sequence[_ParsedItem], error: PmsError
    ) -> list[InboxOutcome]:
        """A passing failure leaves the items for the next tick; after too many attempts, or when
        asking again can't help, they are quarantined. Refused credentials stop the connection,
        which leaves the items waiting for its resumption."""
        first = to_fetch[0].row

        def attempt() -> list[InboxOutcome]:
            context = push_context(first, now=self.clock.now(), can_fetch=False)
            with self.unit_of_work() as uow:
                if is_retryable(error) or connection_health.must_stop_connection(error):
                    connection_health.record_failure(
                        uow, first.connection_id, error, now=context.now
                    )
                rows = [one.row for one in _lock_unprocessed(uow, to_fetch)]
                outcomes = [outcome_after_failed_fetch(row, error) for row in rows]
                outcomes = quarantine_once(uow, rows, outcomes, context, self.ids)
                uow.inbox.record_outcomes(first.hotel_id, outcomes)
                uow.commit()
            return outcomes

        outcomes = retry_on_conflict(attempt)
        if is_retryable(error):
            raise error
        return outcomes


def _split_batch(rows: Sequence[InboxItem]) -> list[Sequence[InboxItem]]:
    """All together at first. Where an attempt broke off, one by one and the least tried first: no
    item waits behind one that ends its worker."""
    if not any(row.attempts for row in rows):
        return [rows] if rows else []
    return [[row] for row in sorted(rows, key=lambda row: row.attempts)]


def _lock_unprocessed(uow: UnitOfWork, parsed_items: Sequence[_ParsedItem]) -> list[_ParsedItem]:
    """Those that nobody settled since they were read, locked until the end of the unit of work."""
    if not parsed_items:
        return []
    held = uow.inbox.load(parsed_items[0].row.hotel_id, [one.row.id for one in parsed_items])
    states = {item_id: row.state for item_id, row in held.items()}
    return [one for one in parsed_items if states.get(one.row.id) is one.row.state]


def _outcomes_to_write(
    rows: Sequence[InboxItem], outcomes: Sequence[InboxOutcome]
) -> list[InboxOutcome]:
    """A tie does not take a row out of quarantine: the provider's answer does."""
    return [
        inbox_outcome
        for row, inbox_outcome in zip(rows, outcomes, strict=True)
        if row.state is InboxState.RECEIVED or inbox_outcome.state is not InboxState.RECEIVED
    ]


def _parse_notification(
    connection: Connection, row: InboxItem, received: Notification
) -> _ParsedItem:
    expected = connection.settings.get("property_id")
    if received.property_id and expected and received.property_id != expected:
        detail = "the notification speaks of another property than this connection's"
        reason = Reason("foreign_property", None, detail)
        return _ParsedItem(row, reason=reason, foreign_property=received.property_id)
    refs = frozenset[Ref]() if received.disabled else frozenset(received.refs)
    return _ParsedItem(row, refs=refs, notification=received, dedup_key=_dedup_key(row, received))


def _dedup_key(row: InboxItem, received: Notification) -> str | None:
    """Of one length, and of this connection: another one's events may have the same names."""
    if received.event_key is None:
        return None
    named = f"{row.connection_id}/{received.event_key}"
    return fingerprint(row.provider, ItemKind.NOTIFICATION, named.encode())


def _refetch_conflict(one: _ParsedItem, conflict: InboxOutcome) -> _ParsedItem:
    row = replace(one.row, external_id=conflict.external_id)
    return replace(one, row=row, refs=_refs_to_fetch(row))


def _refs_to_fetch(row: InboxItem) -> frozenset[Ref]:
    """What to ask for in order to have this item; availability can be asked for as a whole only."""
    kind = _REF_KINDS.get(row.kind)
    if kind is None or not row.external_id:
        return frozenset()
    return frozenset({Ref(kind, "" if kind is RefKind.AVAILABILITY else row.external_id)})


def _ref_order(ref: Ref) -> tuple[str, str]:
    return ref.kind, ref.external_id
