"""Processes stored inbox rows: deferred pushes, webhooks, version conflicts and replays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from uuid import UUID

from application.connections import connection_health
from application.connections.stored_connections import get_connection
from application.enqueue_jobs import enqueue_inbox
from application.inbox.coalescing import split_tried
from application.inbox.fetch_rows import FetchRows, health_signal
from application.inbox.inbox_outcomes import resolve_outcomes
from application.inbox.inbox_work import InboxWork, is_undecided, lock_unprocessed
from application.inbox.notification_routing import forward_to_property
from application.inbox.parse_rows import ParsedRow, parse_row
from application.inbox.unreadable_events import quarantine_events
from application.ingest.apply_items import ApplyContext, apply_items
from application.ingest.inbox_rows import decide_row, with_body
from application.ingest.retry_unknown import retry_unknown
from application.ingest.stored_items import StoredItemReader
from application.retrying import in_transaction
from application.turns import JobTurn
from domain.messages import InboxItem, InboxState
from domain.values import HotelId
from ports.errors import UnknownProvider
from ports.job_queue import JobQueue
from ports.providers import Provider, Providers
from ports.system import Clock, IdGenerator
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ProcessInbox:
    """Idempotent, also when two workers run it at once or one is killed: outcomes are recorded in
    the transaction that applies them, and data applied again is `unchanged`. Attempts are counted
    before the work, so a row that kills its worker is quarantined in the end, too."""

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
    ) -> Sequence[InboxItem]:
        """The decided rows, of those in one of `states` (`only`: that row alone), without rows that
        another worker processed meanwhile. Rows wait unchanged while the connection is suspended
        or its credentials are refused.

        Raises ProviderUnavailable, RateLimited, TooHeavy, UnknownProvider: the rows wait for
        another attempt, or are quarantined after MAX_INBOX_ATTEMPTS.
        """
        with self.unit_of_work() as uow:
            batch = (
                uow.inbox.batch(hotel_id, batch_id)
                if only is None
                else uow.inbox.load(hotel_id, [only]).values()
            )
        rows = [row for row in batch if row.state in states]
        decided: list[InboxItem] = []
        for portion in split_tried(rows):
            decided += self.process_rows(portion)
        return decided

    def process_rows(
        self,
        rows: Sequence[InboxItem],
        *,
        until: float = math.inf,
        turn: JobTurn | None = None,
    ) -> Sequence[InboxItem]:
        """As above, for rows of one connection in the order of their arrival. Each reference is
        fetched once for all rows that have it. Rows to fetch stay as they are, without an attempt,
        if their fetch did not begin by `until`, of the monotonic clock, or if there is no turn at
        the vendor."""
        work = self._begin(rows)
        return self._process(replace(work, until=until, turn=turn))

    def _begin(self, rows: Sequence[InboxItem]) -> InboxWork:
        with self.unit_of_work() as uow:
            uow.inbox.count_attempts(rows[0].hotel_id, [row.id for row in rows])
            connection, hotel = get_connection(uow, rows[0].connection_id)
            secrets = uow.connections.secrets(connection.id)
            uow.commit()
        counted = [replace(row, attempts=row.attempts + 1) for row in rows]
        return InboxWork(connection, hotel, counted, secrets)

    def _process(self, work: InboxWork) -> list[InboxItem]:
        try:
            provider = self.providers.get(work.connection.provider)
        except UnknownProvider as error:
            name = work.connection.provider
            message = f"{name}: not installed or not usable; see `pms doctor`, then replay the item"
            cause = type(error)(message, provider=name)
            return self._fetch.record_failure(work, [ParsedRow(row) for row in work.rows], cause)
        parsed = self._parse(provider, work)
        work = self._apply_control(work, parsed)
        self._quarantine_events(work, parsed)
        return self._apply_and_fetch(provider, work, parsed)

    def _parse(self, provider: Provider, work: InboxWork) -> list[ParsedRow]:
        parsed = [parse_row(provider, work.connection, work.hotel, row) for row in work.rows]
        parsed = [self._forward_to_property(provider, work, each) for each in parsed]
        parsed = [self._forward_events(provider, work, each) for each in parsed]
        return self._drop_duplicates(work, parsed)

    def _apply_and_fetch(
        self, provider: Provider, work: InboxWork, parsed: Sequence[ParsedRow]
    ) -> list[InboxItem]:
        """Applies rows with items and fetches those with references or version conflicts."""
        applied = self._apply(provider, work, [each for each in parsed if not each.refs])
        by_id = {each.row.id: each for each in parsed}
        to_fetch = [each for each in parsed if each.refs]
        to_fetch += [by_id[row.id].refetch(row) for row in applied if is_undecided(row)]
        decided = [row for row in applied if not is_undecided(row)]
        return decided + self._fetch(provider, work, to_fetch)

    def _forward_to_property(
        self, provider: Provider, work: InboxWork, parsed: ParsedRow
    ) -> ParsedRow:
        """Done for this hotel once forwarded. In a transaction of its own, as the other hotel is
        another tenant; after a crash in between it is forwarded twice, which is harmless."""
        if parsed.foreign_property is None:
            return parsed
        is_forwarded = self._forward(provider, work, parsed.row, parsed.foreign_property)
        return ParsedRow(parsed.row) if is_forwarded else parsed

    def _forward_events(self, provider: Provider, work: InboxWork, parsed: ParsedRow) -> ParsedRow:
        """Those of other properties, in a message of several; the rest of them is quarantined."""
        if parsed.notification is None or not parsed.notification.unreadable:
            return parsed
        kept = [
            event
            for event in parsed.notification.unreadable
            if event.property_id is None
            or not self._forward(
                provider, work, with_body(parsed.row, event.raw), event.property_id
            )
        ]
        return replace(parsed, notification=replace(parsed.notification, unreadable=tuple(kept)))

    def _forward(
        self, provider: Provider, work: InboxWork, row: InboxItem, property_id: str
    ) -> bool:
        copy = in_transaction(
            self.unit_of_work,
            lambda uow: forward_to_property(
                uow, row, work.connection, property_id, provider.capabilities, self.ids
            ),
        )
        if copy is None:
            return False
        enqueue_inbox(self.queue, copy)
        return True

    def _drop_duplicates(self, work: InboxWork, parsed: Sequence[ParsedRow]) -> list[ParsedRow]:
        """Events already processed are skipped on redelivery, but not when a person replays
        them."""
        keys = {each.dedup_key for each in parsed if each.dedup_key}
        if not keys:
            return list(parsed)
        with self.unit_of_work() as uow:
            known = uow.inbox.processed_dedup_keys(work.hotel.id, keys)
        return [
            replace(each, refs=frozenset())
            if each.dedup_key in known and each.row.state is InboxState.RECEIVED
            else each
            for each in parsed
        ]

    def _apply_control(self, work: InboxWork, parsed: Sequence[ParsedRow]) -> InboxWork:
        """Before any request: new credentials are used by the fetch that follows."""
        for each in parsed:
            notification = each.notification
            if notification and (notification.new_secrets or notification.disabled):
                control = partial(
                    connection_health.apply_control,
                    connection_id=work.connection.id,
                    notification=notification,
                    signal=health_signal(each.row, self.clock, self.ids),
                    at=each.row.received_at,
                )
                connection, secrets = in_transaction(self.unit_of_work, control)
                work = replace(work, connection=connection, secrets=secrets)
        return work

    def _quarantine_events(self, work: InboxWork, parsed: Sequence[ParsedRow]) -> None:
        """Before the fetch of the others; done again after a crash, it changes nothing."""
        for each in parsed:
            if each.notification and each.notification.unreadable:
                quarantine = partial(
                    quarantine_events,
                    events=each.notification.unreadable,
                    context=work.push_context(each.row, now=self.clock.now()),
                    ids=self.ids,
                )
                in_transaction(self.unit_of_work, quarantine)

    def _apply(
        self, provider: Provider, work: InboxWork, parsed: Sequence[ParsedRow]
    ) -> list[InboxItem]:
        """The decided rows; those of a version conflict are RECEIVED."""
        if not parsed:
            return []
        reader = StoredItemReader(provider, work.connection, work.hotel)

        def apply(uow: UnitOfWork) -> list[InboxItem]:
            decided: list[InboxItem] = []
            unwritten: list[InboxItem] = []
            locked = lock_unprocessed(uow, parsed)
            for _, group in groupby(locked, lambda each: each.row.batch_id):
                same = list(group)
                context = work.push_context(same[0].row, now=self.clock.now(), reader=reader)
                decided += self._apply_group(uow, same, context, unwritten)
            uow.inbox.record_outcomes(work.hotel.id, unwritten)
            return decided

        return in_transaction(self.unit_of_work, apply)

    def _apply_group(
        self,
        uow: UnitOfWork,
        parsed: Sequence[ParsedRow],
        context: ApplyContext,
        unwritten: list[InboxItem],
    ) -> list[InboxItem]:
        """Adds rows whose outcomes the caller writes. Those with a quarantined one are written, as
        what follows looks for it."""
        items = [item for each in parsed for item in each.items]
        results = apply_items(uow, items, context, self.ids)
        remaining = iter(results)
        decided = [
            decide_row(each.row, [next(remaining) for _ in each.items], each.reason)
            for each in parsed
        ]
        rows = [each.row for each in parsed]
        recorded, to_write = resolve_outcomes(uow, rows, decided, context, self.ids)
        if any(row.state is InboxState.QUARANTINED for row in to_write):
            uow.inbox.record_outcomes(context.hotel_id, to_write)
        else:
            unwritten += to_write
        retry_unknown(uow, results, context, self.ids)
        return recorded

    @property
    def _fetch(self) -> FetchRows:
        return FetchRows(self.unit_of_work, self.clock, self.ids)
