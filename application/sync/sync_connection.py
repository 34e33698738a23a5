"""One pull of one connection: page by page, each page and its checkpoint in one transaction."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from application.clock_check import require_right_clock
from application.connections.connection_health import (
    HealthSignal,
    keep_vendor_text,
    record_failure,
    run_error,
)
from application.connections.stored_connections import (
    build_account,
    build_pull_request,
    get_connection,
)
from application.enqueue_jobs import enqueue_inbox, sync_job
from application.errors import ConnectionStopped, NoProgress, NotFound, RetriesExhausted
from application.inbox.detect_deletions import detect_deletions, unseen_bookings
from application.ingest.apply_items import ApplyContext, ItemResult, apply_deletions, count_outcomes
from application.ingest.inbox_rows import notification_rows, payload_mask
from application.ingest.quarantine_items import apply_page
from application.ingest.stored_items import StoredItemReader
from application.retrying import in_transaction
from application.sync.fold_idle_runs import fold_idle_runs
from application.sync.record_run_finished import record_run_finished
from application.sync.sync_session import (
    SyncSession,
    TurnEnd,
    format_paused,
    is_booking,
    parse_paused,
    timed,
)
from application.turns import JobTurn
from domain.connection import WAIT_CAP
from domain.errors import PmsError
from domain.events import SyncCompleted, SyncFailed
from domain.messages import InboxItem
from domain.precedence import Channel, Receipt
from domain.sync_run import LEASE_TTL, Lease, SyncCounts, SyncKind, SyncRun, TransportCounts
from domain.values import DateRange
from ports.errors import LeaseLost, ProviderError, QueueUnavailable, StoreUnavailable
from ports.job_queue import JobQueue, VendorTurns
from ports.providers import Account, Capabilities, Page, Patience, ProviderClient, Providers
from ports.system import CardMask, IdGenerator, SharedClock
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

T = TypeVar("T")

MAX_FRUITLESS_ATTEMPTS: Final = 5
"""A run fails after this many attempts without progress: it probably kills its workers."""


@dataclass(frozen=True, slots=True)
class SyncConnection:
    unit_of_work: UnitOfWorkFactory
    providers: Providers
    clock: SharedClock
    ids: IdGenerator
    queue: JobQueue
    mask_cards: CardMask
    turns: VendorTurns
    patience: Patience

    def __call__(self, run_id: UUID, *, holder: str, in_turns: bool = False) -> SyncRun:
        """Executes a queued or abandoned run to its end. Returns it unchanged if it has ended or
        another worker holds the connection. Provider failures end the run as FAILED and are not
        raised. StoreUnavailable is raised; the run resumes when its lease has expired. Raises
        ClockWrong before it begins.

        `in_turns`, for workers: the run waits until there is a turn at its vendor, and pauses at
        the end of its turn or for a rate limit. It is RUNNING then, and its job is queued again.
        """
        require_right_clock(self.clock)
        turn = JobTurn(self.clock)
        if in_turns:
            run, turn = self._begin_turn(run_id)
            if turn.is_refused:
                return run
        session = self._begin(run_id, holder, turn)
        if isinstance(session, SyncRun):
            return session
        try:
            return self._execute(session)
        except LeaseLost:
            return session.run
        except StoreUnavailable:
            self._record_interruption(session)
            raise
        finally:
            turn.end()
            self._release(session.lease)

    def _begin_turn(self, run_id: UUID) -> tuple[SyncRun, JobTurn]:
        with self.unit_of_work() as uow:
            run = _get_run(uow, run_id)
            connection, _ = get_connection(uow, run.connection_id)
        turn = JobTurn(self.clock, self.turns, sync_job(run), patience=self.patience)
        turn.begin(connection)
        return run, turn

    def _begin(self, run_id: UUID, holder: str, turn: JobTurn) -> SyncSession | SyncRun:
        now = self.clock.now()
        with self.unit_of_work() as uow:
            connection_id = _get_run(uow, run_id).connection_id
            until = now + LEASE_TTL
            lease = uow.connections.acquire_lease(connection_id, holder, now=now, until=until)
            # Read again: only under the lease can no other worker end the run.
            run = _get_run(uow, run_id)
            if lease is None or run.status.is_final:
                return run
            connection, hotel = get_connection(uow, connection_id)
            run = run.begin(fencing_number=lease.fencing_number, now=now)
            if not connection.may_run(run.trigger):
                run = self._refuse(uow, run, lease, now)
                uow.commit()
                return run
            if connection.cursor is None and run.checkpoint is None:
                run = run.continuing(uow.sync_runs.last_ended(connection), now=now)
            uow.sync_runs.save(run)
            uow.commit()
        return SyncSession(
            run,
            connection,
            hotel,
            lease,
            turn,
            has_notifications=run.pages > 0,
            began=self.clock.monotonic(),
        )

    def _refuse(self, uow: UnitOfWork, run: SyncRun, lease: Lease, now: datetime) -> SyncRun:
        """Leaves the connection unchanged, so that it still shows why it was stopped."""
        error = ConnectionStopped()
        run = run.fail(now=now, error=run_error(error))
        record_run_finished(uow, run, SyncFailed, now=now, event_id=self.ids.new())
        uow.connections.release_lease(lease)
        return run

    def _execute(self, session: SyncSession) -> SyncRun:
        client: ProviderClient | None = None
        try:
            if session.run.fruitless_attempts > MAX_FRUITLESS_ATTEMPTS:
                raise NoProgress
            provider = self.providers.get(session.connection.provider)
            client = provider.open(self._account(session))
            if not self._pull(session, provider.capabilities, client):
                return self._pause(session, client.counts())
            return self._finish(session, client.counts())
        except (LeaseLost, StoreUnavailable):
            raise
        except PmsError as error:
            counts = client.counts() if client else TransportCounts()
            if session.turn.must_resume_later(error):
                return self._pause(session, counts)
            return self._fail(session, error, counts)
        finally:
            if client:
                session.turn.report(session.connection, client.counts())
                client.close()

    def _account(self, session: SyncSession) -> Account:
        with self.unit_of_work() as uow:
            secrets = uow.connections.secrets(session.connection.id)
        return build_account(session.connection, session.hotel, secrets, session.run.correlation_id)

    def _pull(
        self, session: SyncSession, capabilities: Capabilities, client: ProviderClient
    ) -> bool:
        """False if the turn ended before."""
        run = session.run
        is_reconcile = run.kind is SyncKind.RECONCILE
        checkpoint = run.checkpoint
        if is_reconcile:  # what it saw is lost with its worker, unless it was paused
            checkpoint, session.seen = parse_paused(run.paused_state)
        request = build_pull_request(
            session.connection,
            session.hotel,
            run.kind,
            now=self.clock.now(),
            checkpoint=checkpoint,
        )
        turn_end = TurnEnd(self.turns, self.queue, self.clock)
        for page in timed(session.turn, client.pull(request)):
            self._store(session, page)
            session.cursor = page.cursor or session.cursor
            if page.checkpoint is not None and turn_end(session):
                return False
        if is_reconcile:
            session.cursor = None  # it saw a window only, so the delta cursor does not move
            self._detect_deletions(session, request.window, capabilities, client)
        return True

    def _pause(self, session: SyncSession, transport: TransportCounts) -> SyncRun:
        """The tick queues it, too, as nobody holds its lease."""
        is_reconcile = session.run.kind is SyncKind.RECONCILE
        state = format_paused(session) if is_reconcile else None

        def pause(uow: UnitOfWork) -> SyncRun:
            run = session.run.paused(state, transport=transport)
            uow.sync_runs.save(run)
            return run

        run = self._in_transaction(session, pause)
        with suppress(QueueUnavailable):
            self.queue.run_again(sync_job(run), after_seconds=session.turn.resume_after or 0)
        return run

    def _store(self, session: SyncSession, page: Page) -> None:
        """Stores the page's notifications with it; a job processes them like webhooks."""
        rows = notification_rows(
            session.connection,
            page.notifications,
            mask=payload_mask(self.mask_cards, self.providers.get(session.connection.provider)),
            ids=self.ids,
            now=self.clock.now(),
            correlation_id=session.run.correlation_id,
        )

        session.has_notifications |= bool(rows)

        def store(uow: UnitOfWork) -> tuple[SyncRun, list[ItemResult]]:
            context = self._context(session, page)
            results = apply_page(uow, page, context, self.ids, batch_id=session.run.id)
            uow.inbox.add(rows)
            run = session.run.page_stored(page.checkpoint, count_outcomes(results))
            uow.sync_runs.save(run)
            return run, results

        try:
            session.run, results = self._in_transaction(session, store)
        except (LeaseLost, RetriesExhausted):
            # Persist these notifications, which exist only here.
            in_transaction(self.unit_of_work, lambda uow: uow.inbox.add(rows))
            self._enqueue_inbox(rows)
            raise
        self._enqueue_inbox(rows)
        property_id = session.connection.property_id
        session.seen.update(
            result.item.external_id
            for result in results
            if result.item.external_id and is_booking(result.item, property_id)
        )

    def _enqueue_inbox(self, rows: Sequence[InboxItem]) -> None:
        if rows:
            enqueue_inbox(self.queue, rows[0])

    def _detect_deletions(
        self,
        session: SyncSession,
        window: DateRange,
        capabilities: Capabilities,
        client: ProviderClient,
    ) -> None:
        if not capabilities.fetches_by_id:
            return
        for refs in unseen_bookings(self.unit_of_work, session.connection, window, session.seen):
            page = client.fetch(refs)
            self._store(session, page)
            if capabilities.reports_deletions:
                self._apply_deletions(session, page, detect_deletions(page, refs))

    def _apply_deletions(
        self, session: SyncSession, page: Page, external_ids: Sequence[str]
    ) -> None:
        def apply(uow: UnitOfWork) -> SyncRun:
            context = self._context(session, page)
            deleted = apply_deletions(uow, external_ids, context, self.ids)
            counts = session.run.counts.plus(SyncCounts(deleted=deleted))
            run = replace(session.run, counts=counts)
            uow.sync_runs.save(run)
            return run

        if external_ids:
            session.run = self._in_transaction(session, apply)

    def _context(self, session: SyncSession, page: Page) -> ApplyContext:
        run = session.run
        channel = Channel.PULLED if run.kind is SyncKind.DELTA else Channel.RECONCILED
        return ApplyContext.of(
            session.connection,
            Receipt(channel, page.observed_at, run.connection_id, f"sync/{run.id}"),
            correlation_id=run.correlation_id,
            now=self.clock.now(),
            reader=StoredItemReader(
                self.providers.get(run.provider), session.connection, session.hotel
            ),
        )

    def _in_transaction(self, session: SyncSession, work: Callable[[UnitOfWork], T]) -> T:
        """Under the session's lease, which is renewed. Raises LeaseLost."""

        def work_under_lease(uow: UnitOfWork) -> T:
            self._renew(uow, session)
            return work(uow)

        return in_transaction(self.unit_of_work, work_under_lease)

    def _renew(self, uow: UnitOfWork, session: SyncSession) -> None:
        until = self.clock.now() + LEASE_TTL
        session.lease = uow.connections.renew_lease(session.lease, until=until)

    def _finish(self, session: SyncSession, transport: TransportCounts) -> SyncRun:
        def finish(uow: UnitOfWork) -> SyncRun:
            now = self.clock.now()
            run = session.run.finish(now=now, transport=transport)
            connection, _ = get_connection(uow, run.connection_id)
            uow.connections.save(connection.synced(run, cursor=session.cursor, now=now))
            if not session.has_notifications:
                run = fold_idle_runs(uow, session.connection, run)
            record_run_finished(uow, run, SyncCompleted, now=now, event_id=self.ids.new())
            return run

        return self._in_transaction(session, finish)

    def _fail(self, session: SyncSession, error: PmsError, transport: TransportCounts) -> SyncRun:
        seconds = error.wait_seconds if isinstance(error, ProviderError) else 0
        wait = timedelta(seconds=min(seconds, WAIT_CAP // timedelta(seconds=1)))

        def fail(uow: UnitOfWork) -> SyncRun:
            now = self.clock.now()
            run = session.run.fail(now=now, error=run_error(error), transport=transport)
            signal = HealthSignal(now, run.correlation_id, self.ids)
            record_failure(uow, session.connection, error, signal, wait=wait)
            keep_vendor_text(uow, error, session.connection, [run.id], now=now)
            record_run_finished(uow, run, SyncFailed, now=now, event_id=self.ids.new())
            return run

        return self._in_transaction(session, fail)

    def _record_interruption(self, session: SyncSession) -> None:
        """Stopped by an outage; not counted as a failed attempt. During the outage this write
        fails too, so the attempt counts; at most one, since the run resumes after it."""
        with suppress(LeaseLost, StoreUnavailable), self.unit_of_work() as uow:
            self._renew(uow, session)
            run = _get_run(uow, session.run.id)
            if not run.status.is_final:
                uow.sync_runs.save(run.interrupted())
                uow.commit()

    def _release(self, lease: Lease) -> None:
        with self.unit_of_work() as uow:
            uow.connections.release_lease(lease)
            uow.commit()


def _get_run(uow: UnitOfWork, run_id: UUID) -> SyncRun:
    run = uow.sync_runs.get(run_id)
    if run is None:
        raise NotFound("there is no such sync run")
    return run
