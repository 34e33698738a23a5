"""Processes stored inbox rows: deferred pushes, webhooks, version conflicts and replays."""

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from uuid import UUID

from application.connections import connection_health
from application.connections.stored_connections import build_account, get_connection
from application.enqueue_jobs import enqueue_inbox
from application.inbox.coalescing import (
    refs_of,
    results_by_row,
    split_for_fetch,
    split_refused,
    split_tried,
)
from application.inbox.detect_deletions import detect_deletions
from application.inbox.inbox_outcomes import (
    decide_after_failed_fetch,
    decide_after_fetch,
    is_retryable,
    record_outcomes,
)
from application.inbox.notification_routing import forward_to_property
from application.inbox.parse_rows import ParsedRow, parse_row
from application.inbox.unreadable_events import quarantine_events
from application.ingest.apply_items import ApplyContext, apply_deletions, apply_items
from application.ingest.inbox_rows import decide_row, push_context, with_body
from application.ingest.quarantine_items import apply_page
from application.ingest.retry_unknown import retry_unknown
from application.ingest.stored_items import StoredItemReader
from application.retrying import in_transaction
from domain.connection import Connection
from domain.errors import PmsError
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState
from domain.precedence import Channel, Receipt
from domain.values import HotelId
from ports.errors import ProviderError, UnknownProvider
from ports.job_queue import JobQueue
from ports.providers import Page, Provider, ProviderClient, Providers
from ports.system import Clock, IdGenerator, Secrets
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class _Work:
    """Rows of one connection, by their arrival. `until`: of the monotonic clock; then no further
    request begins after the first."""

    connection: Connection
    hotel: Hotel
    rows: Sequence[InboxItem]
    secrets: Secrets = field(repr=False)
    until: float = math.inf


@dataclass(frozen=True, slots=True)
class _Fetcher:
    provider: Provider
    client: ProviderClient


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
            batch = uow.inbox.batch(hotel_id, batch_id)
        rows = [row for row in batch if row.state in states and only in (None, row.id)]
        decided: list[InboxItem] = []
        for portion in split_tried(rows):
            decided += self.process_rows(portion)
        return decided

    def process_rows(
        self, rows: Sequence[InboxItem], *, until: float = math.inf
    ) -> Sequence[InboxItem]:
        """As above, for rows of one connection in the order of their arrival. Each reference is
        fetched once for all rows that have it. `until`, of the monotonic clock: rows whose fetch
        did not begin by then stay as they are, without an attempt."""
        return self._process(self._begin(rows, until))

    def _begin(self, rows: Sequence[InboxItem], until: float) -> _Work:
        with self.unit_of_work() as uow:
            uow.inbox.count_attempts(rows[0].hotel_id, [row.id for row in rows])
            connection, hotel = get_connection(uow, rows[0].connection_id)
            secrets = uow.connections.secrets(connection.id)
            uow.commit()
        counted = [replace(row, attempts=row.attempts + 1) for row in rows]
        return _Work(connection, hotel, counted, secrets, until)

    def _process(self, work: _Work) -> list[InboxItem]:
        try:
            provider = self.providers.get(work.connection.provider)
        except UnknownProvider as error:
            name = work.connection.provider
            message = f"{name}: not installed or not usable; see `pms doctor`, then replay the item"
            cause = type(error)(message, provider=name)
            return self._record_failure(work, [ParsedRow(row) for row in work.rows], cause)
        parsed = self._parse(provider, work)
        work = self._apply_control(work, parsed)
        self._quarantine_events(work, parsed)
        return self._apply_and_fetch(provider, work, parsed)

    def _parse(self, provider: Provider, work: _Work) -> list[ParsedRow]:
        parsed = [parse_row(provider, work.connection, work.hotel, row) for row in work.rows]
        parsed = [self._forward_to_property(provider, work, each) for each in parsed]
        parsed = [self._forward_events(provider, work, each) for each in parsed]
        return self._drop_duplicates(work, parsed)

    def _apply_and_fetch(
        self, provider: Provider, work: _Work, parsed: Sequence[ParsedRow]
    ) -> list[InboxItem]:
        """Applies rows with items and fetches those with references or version conflicts."""
        applied = self._apply(provider, work, [each for each in parsed if not each.refs])
        by_id = {each.row.id: each for each in parsed}
        to_fetch = [each for each in parsed if each.refs]
        to_fetch += [by_id[row.id].refetch(row) for row in applied if _is_undecided(row)]
        decided = [row for row in applied if not _is_undecided(row)]
        return decided + self._fetch(provider, work, to_fetch)

    def _forward_to_property(self, provider: Provider, work: _Work, parsed: ParsedRow) -> ParsedRow:
        """Done for this hotel once forwarded. In a transaction of its own, as the other hotel is
        another tenant; after a crash in between it is forwarded twice, which is harmless."""
        if parsed.foreign_property is None:
            return parsed
        is_forwarded = self._forward(provider, work, parsed.row, parsed.foreign_property)
        return ParsedRow(parsed.row) if is_forwarded else parsed

    def _forward_events(self, provider: Provider, work: _Work, parsed: ParsedRow) -> ParsedRow:
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

    def _forward(self, provider: Provider, work: _Work, row: InboxItem, property_id: str) -> bool:
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

    def _drop_duplicates(self, work: _Work, parsed: Sequence[ParsedRow]) -> list[ParsedRow]:
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

    def _apply_control(self, work: _Work, parsed: Sequence[ParsedRow]) -> _Work:
        """Before any request: new credentials are used by the fetch that follows."""
        for each in parsed:
            notification = each.notification
            if notification and (notification.new_secrets or notification.disabled):
                control = partial(
                    connection_health.apply_control,
                    connection_id=work.connection.id,
                    notification=notification,
                    signal=self._health_signal(each.row),
                    at=each.row.received_at,
                )
                connection, secrets = in_transaction(self.unit_of_work, control)
                work = replace(work, connection=connection, secrets=secrets)
        return work

    def _quarantine_events(self, work: _Work, parsed: Sequence[ParsedRow]) -> None:
        """Before the fetch of the others; done again after a crash, it changes nothing."""
        for each in parsed:
            if each.notification and each.notification.unreadable:
                quarantine = partial(
                    quarantine_events,
                    events=each.notification.unreadable,
                    context=self._push_context(work, each.row),
                    ids=self.ids,
                )
                in_transaction(self.unit_of_work, quarantine)

    def _apply(
        self, provider: Provider, work: _Work, parsed: Sequence[ParsedRow]
    ) -> list[InboxItem]:
        """The decided rows; those of a version conflict are RECEIVED."""
        if not parsed:
            return []
        reader = StoredItemReader(provider, work.connection, work.hotel)

        def apply(uow: UnitOfWork) -> list[InboxItem]:
            decided = []
            locked = _lock_unprocessed(uow, parsed)
            for _, group in groupby(locked, lambda each: each.row.batch_id):
                same = list(group)
                context = self._push_context(work, same[0].row, reader)
                decided += self._apply_group(uow, same, context)
            return decided

        return in_transaction(self.unit_of_work, apply)

    def _apply_group(
        self, uow: UnitOfWork, parsed: Sequence[ParsedRow], context: ApplyContext
    ) -> list[InboxItem]:
        items = [item for each in parsed for item in each.items]
        results = apply_items(uow, items, context, self.ids)
        remaining = iter(results)
        decided = [
            decide_row(each.row, [next(remaining) for _ in each.items], each.reason)
            for each in parsed
        ]
        rows = [each.row for each in parsed]
        recorded = record_outcomes(uow, rows, decided, context, self.ids)
        retry_unknown(uow, results, context, self.ids)
        return recorded

    def _fetch(
        self, provider: Provider, work: _Work, parsed: Sequence[ParsedRow]
    ) -> list[InboxItem]:
        if not parsed:
            return []
        if work.connection.is_suspended(self.clock.now()):
            return [each.row for each in parsed]
        correlation_id = parsed[0].row.correlation_id
        account = build_account(work.connection, work.hotel, work.secrets, correlation_id)
        try:
            client = provider.open(account)
        except PmsError as error:
            return self._record_failure(work, parsed, error)
        with closing(client):
            return self._fetch_parts(_Fetcher(provider, client), work, split_for_fetch(parsed))

    def _fetch_parts(
        self, fetcher: "_Fetcher", work: _Work, parts: Sequence[Sequence[ParsedRow]]
    ) -> list[InboxItem]:
        decided: list[InboxItem] = []
        for number, part in enumerate(parts):
            if number and self.clock.monotonic() >= work.until:
                self._put_back(work, parts[number:])
                break
            try:
                settled = self._fetch_part(fetcher, work, part)
            except PmsError:
                self._put_back(work, parts[number + 1 :])
                raise
            decided += settled
            if any(_is_undecided(row) for row in settled):  # the connection was stopped
                self._put_back(work, parts[number + 1 :])
                break
        return decided

    def _fetch_part(
        self, fetcher: "_Fetcher", work: _Work, part: Sequence[ParsedRow]
    ) -> list[InboxItem]:
        """What the provider refuses is fetched again in smaller parts, so that one bad reference
        fails alone."""
        refs = refs_of(part)
        try:
            page = fetcher.client.fetch(refs)
        except PmsError as error:
            smaller = split_refused(part)
            must_wait = is_retryable(error) or connection_health.must_stop_connection(error)
            if must_wait or len(smaller) == 1:
                return self._record_failure(work, part, error)
            return self._fetch_parts(fetcher, replace(work, until=math.inf), smaller)
        reports_deletions = fetcher.provider.capabilities.reports_deletions
        deleted_ids = detect_deletions(page, refs) if reports_deletions else ()
        return in_transaction(
            self.unit_of_work,
            lambda uow: self._store(uow, fetcher.provider, work, page, deleted_ids, part),
        )

    def _put_back(self, work: _Work, parts: Sequence[Sequence[ParsedRow]]) -> None:
        ids = [each.row.id for part in parts for each in part]

        def put_back(uow: UnitOfWork) -> None:
            uow.inbox.uncount_attempts(work.hotel.id, ids)

        if ids:
            in_transaction(self.unit_of_work, put_back)

    def _store(
        self,
        uow: UnitOfWork,
        provider: Provider,
        work: _Work,
        page: Page,
        deleted_ids: Sequence[str],
        parsed: Sequence[ParsedRow],
    ) -> list[InboxItem]:
        first = parsed[0].row
        reference = f"inbox/{first.batch_id}"
        context = ApplyContext.of(
            work.connection,
            Receipt(Channel.PULLED, page.observed_at, work.connection.id, reference),
            correlation_id=first.correlation_id,
            now=self.clock.now(),
            reader=StoredItemReader(provider, work.connection, work.hotel),
        )
        connection_health.record_success(uow, first.connection_id)
        locked = _lock_unprocessed(uow, parsed)
        results = apply_page(uow, page, context, self.ids, batch_id=self.ids.new())
        if deleted_ids:
            apply_deletions(uow, deleted_ids, context, self.ids)
        own_results = results_by_row(results, locked)
        decided = [
            decide_after_fetch(each.row, own, dedup_key=each.dedup_key)
            for each, own in zip(locked, own_results, strict=True)
        ]
        uow.inbox.record_outcomes(first.hotel_id, decided)
        return decided

    def _record_failure(
        self, work: _Work, parsed: Sequence[ParsedRow], error: PmsError
    ) -> list[InboxItem]:
        """Raises the error if it is retryable. It counts for the connection's breaker, and refused
        credentials stop the connection."""
        is_failing = is_retryable(error) or connection_health.must_stop_connection(error)

        def record(uow: UnitOfWork) -> list[InboxItem]:
            context = self._push_context(work, parsed[0].row)
            if is_failing and isinstance(error, ProviderError):
                signal = self._health_signal(parsed[0].row)
                connection_health.record_failure(uow, work.connection.id, error, signal)
            rows = [each.row for each in _lock_unprocessed(uow, parsed)]
            decided = [decide_after_failed_fetch(row, error) for row in rows]
            return record_outcomes(uow, rows, decided, context, self.ids)

        decided = in_transaction(self.unit_of_work, record)
        if is_retryable(error):
            raise error
        return decided

    def _health_signal(self, row: InboxItem) -> connection_health.HealthSignal:
        return connection_health.HealthSignal(self.clock.now(), row.correlation_id, self.ids)

    def _push_context(
        self, work: _Work, row: InboxItem, reader: StoredItemReader | None = None
    ) -> ApplyContext:
        return push_context(
            work.connection,
            row.batch_id,
            correlation_id=row.correlation_id,
            received_at=row.received_at,
            now=self.clock.now(),
            reader=reader,
        )


def _is_undecided(row: InboxItem) -> bool:
    return row.state is InboxState.RECEIVED


def _lock_unprocessed(uow: UnitOfWork, parsed: Sequence[ParsedRow]) -> list[ParsedRow]:
    """Those that no other worker processed meanwhile, locked until the unit of work ends."""
    if not parsed:
        return []
    held = uow.inbox.load(parsed[0].row.hotel_id, [each.row.id for each in parsed])
    states = {row_id: row.state for row_id, row in held.items()}
    return [each for each in parsed if states.get(each.row.id) is each.row.state]
