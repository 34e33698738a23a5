"""Fetches what inbox rows refer to, each reference once for all rows that have it."""

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from application.connections import connection_health
from application.connections.stored_connections import build_account
from application.inbox.coalescing import refs_of, results_by_row, split_for_fetch, split_refused
from application.inbox.detect_deletions import detect_deletions
from application.inbox.inbox_outcomes import (
    decide_after_failed_fetch,
    decide_after_fetch,
    is_retryable,
    record_outcomes,
)
from application.inbox.inbox_work import InboxWork, is_undecided, lock_unprocessed
from application.inbox.parse_rows import ParsedRow
from application.ingest.apply_items import ApplyContext, apply_deletions
from application.ingest.quarantine_items import apply_page
from application.ingest.stored_items import StoredItemReader
from application.retrying import in_transaction
from application.turns import JobTurn
from domain.errors import PmsError
from domain.messages import InboxItem
from domain.precedence import Channel, Receipt
from ports.errors import ProviderError
from ports.providers import Page, Provider, ProviderClient, Ref
from ports.system import Clock, IdGenerator
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class _Fetcher:
    provider: Provider
    client: ProviderClient
    turn: JobTurn

    def __call__(self, refs: Sequence[Ref]) -> Page:
        with self.turn.calling():
            return self.client.fetch(refs)


@dataclass(frozen=True, slots=True)
class FetchRows:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdGenerator

    def __call__(
        self, provider: Provider, work: InboxWork, parsed: Sequence[ParsedRow]
    ) -> list[InboxItem]:
        if not parsed:
            return []
        if work.connection.is_suspended(self.clock.now()):
            return [each.row for each in parsed]
        turn = work.turn or JobTurn(self.clock)
        if not turn.begin(work.connection):
            self._put_back(work, [parsed])
            return []
        correlation_id = parsed[0].row.correlation_id
        account = build_account(work.connection, work.hotel, work.secrets, correlation_id)
        try:
            client = provider.open(account)
        except PmsError as error:
            return self.record_failure(work, parsed, error)
        with closing(client):
            try:
                return self._fetch_parts(
                    _Fetcher(provider, client, turn), work, split_for_fetch(parsed)
                )
            finally:
                turn.end()
                turn.report(work.connection, client.counts())

    def _fetch_parts(
        self, fetcher: _Fetcher, work: InboxWork, parts: Sequence[Sequence[ParsedRow]]
    ) -> list[InboxItem]:
        decided: list[InboxItem] = []
        for number, part in enumerate(parts):
            if number and self.clock.monotonic() >= work.until:
                self._put_back(work, parts[number:])
                break
            try:
                settled = self._fetch_part(fetcher, work, part)
            except PmsError as error:
                if fetcher.turn.must_resume_later(error):
                    self._put_back(work, parts[number:])
                    break
                self._put_back(work, parts[number + 1 :])
                raise
            fetcher.turn.limit_waits()
            decided += settled
            is_stopped = any(is_undecided(row) for row in settled)
            if is_stopped or fetcher.turn.resume_after is not None:
                self._put_back(work, parts[number + 1 :])
                break
        return decided

    def _fetch_part(
        self, fetcher: _Fetcher, work: InboxWork, part: Sequence[ParsedRow]
    ) -> list[InboxItem]:
        """What the provider refuses is fetched again in smaller parts, so that one bad reference
        fails alone."""
        refs = refs_of(part)
        try:
            page = fetcher(refs)
        except PmsError as error:
            if fetcher.turn.must_resume_later(error):
                raise
            smaller = split_refused(part)
            must_wait = is_retryable(error) or connection_health.must_stop_connection(error)
            if must_wait or len(smaller) == 1:
                return self.record_failure(work, part, error)
            return self._fetch_parts(fetcher, replace(work, until=math.inf), smaller)
        reports_deletions = fetcher.provider.capabilities.reports_deletions
        deleted_ids = detect_deletions(page, refs) if reports_deletions else ()
        return in_transaction(
            self.unit_of_work,
            lambda uow: self._store(uow, fetcher.provider, work, page, deleted_ids, part),
        )

    def _put_back(self, work: InboxWork, parts: Sequence[Sequence[ParsedRow]]) -> None:
        ids = [each.row.id for part in parts for each in part]

        def put_back(uow: UnitOfWork) -> None:
            uow.inbox.uncount_attempts(work.hotel.id, ids)

        if ids:
            in_transaction(self.unit_of_work, put_back)

    def _store(
        self,
        uow: UnitOfWork,
        provider: Provider,
        work: InboxWork,
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
        locked = lock_unprocessed(uow, parsed)
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

    def record_failure(
        self, work: InboxWork, parsed: Sequence[ParsedRow], error: PmsError
    ) -> list[InboxItem]:
        """Raises the error if it is retryable. It counts for the connection's health."""
        is_failing = is_retryable(error) or connection_health.must_stop_connection(error)

        def record(uow: UnitOfWork) -> list[InboxItem]:
            context = work.push_context(parsed[0].row, now=self.clock.now())
            if is_failing and isinstance(error, ProviderError):
                signal = health_signal(parsed[0].row, self.clock, self.ids)
                connection_health.record_failure(uow, work.connection, error, signal)
            rows = [each.row for each in lock_unprocessed(uow, parsed)]
            row_ids = [row.id for row in rows]
            connection_health.keep_vendor_text(
                uow, error, work.connection, row_ids, now=self.clock.now()
            )
            decided = [decide_after_failed_fetch(row, error) for row in rows]
            return record_outcomes(uow, rows, decided, context, self.ids)

        decided = in_transaction(self.unit_of_work, record)
        if is_retryable(error):
            raise error
        return decided


def health_signal(row: InboxItem, clock: Clock, ids: IdGenerator) -> connection_health.HealthSignal:
    return connection_health.HealthSignal(clock.now(), row.correlation_id, ids)
