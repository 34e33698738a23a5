"""One pull of one connection: page by page, each page and its checkpoint in one transaction."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from application.connections.connection_health import must_stop_connection
from application.connections.stored_connections import (
    build_account,
    build_pull_request,
    get_connection,
)
from application.errors import ConnectionStopped, NoProgress, NotFound, RetriesExhausted
from application.inbox.detect_deletions import detect_deletions
from application.ingest.apply_items import (
    ApplyContext,
    ItemResult,
    apply_deletions,
    apply_items,
    count_outcomes,
)
from application.ingest.inbox_rows import enqueue_inbox_jobs, notification_rows
from application.ingest.quarantine_items import quarantine_pulled_items
from application.retrying import retry_on_conflict
from application.sync.record_run_finished import record_run_finished
from domain.connection import WAIT_CAP, Connection
from domain.errors import PmsError
from domain.events import SyncCompleted, SyncFailed
from domain.hotel import Hotel
from domain.messages import InboxItem, ItemKind
from domain.precedence import Channel, Receipt
from domain.snapshots import BookingSnapshot
from domain.sync_run import LEASE_TTL, Lease, SyncCounts, SyncKind, SyncRun, TransportCounts
from ports.errors import LeaseLost, ProviderError, StoreUnavailable
from ports.job_queue import JobQueue
from ports.providers import (
    Account,
    Capabilities,
    Page,
    Provider,
    ProviderClient,
    Providers,
    PullRequest,
    ReadItem,
    Ref,
    RefKind,
)
from ports.system import CardMask, Clock, IdGenerator
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

CHUNK: Final = 500
MAX_ATTEMPTS: Final = 5
"""A run that was taken up this often since it last got further fails: something in it kills its
workers."""


@dataclass(slots=True)
class _Session:
    """What one worker holds while it carries a run. `seen`: bookings that the provider returned,
    readable or not."""

    run: SyncRun
    connection: Connection
    hotel: Hotel
    lease: Lease
    cursor: str | None = None
    seen: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class SyncConnection:
    unit_of_work: UnitOfWorkFactory
    providers: Providers
    clock: Clock
    ids: IdGenerator
    queue: JobQueue
    mask_cards: CardMask

    def __call__(self, run_id: UUID, *, holder: str) -> SyncRun:
        """Carries a queued or abandoned run to its end; returns it as it is where it has ended or
        another worker holds the connection. Provider failures end the run as FAILED and are not
        raised; StoreUnavailable is, and the run is taken up again when its lease has expired."""
        session = self._begin(run_id, holder)
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
            self._release(session.lease)

    def _begin(self, run_id: UUID, holder: str) -> _Session | SyncRun:
        now = self.clock.now()
        with self.unit_of_work() as uow:
            connection_id = _get_run(uow, run_id).connection_id
            until = now + LEASE_TTL
            lease = uow.connections.acquire_lease(connection_id, holder, now=now, until=until)
            # Only from here on does no other worker end the run.
            run = _get_run(uow, run_id)
            if lease is None or run.status.is_final:
                return run
            connection, hotel = get_connection(uow, connection_id)
            run = run.begin(fencing_number=lease.fencing_number, now=now)
            if not connection.may_run(run.trigger):
                run = self._refuse(uow, run, lease, now)
                uow.commit()
                return run
            uow.sync_runs.save(run)
            uow.commit()
        return _Session(run, connection, hotel, lease)

    def _refuse(self, uow: UnitOfWork, run: SyncRun, lease: Lease, now: datetime) -> SyncRun:
        """The connection stays as it is: why it was stopped is what a person has to see."""
        error = ConnectionStopped()
        run = run.fail(now=now, code=error.code, detail=error.message, transport=TransportCounts())
        record_run_finished(uow, run, SyncFailed, now=now, event_id=self.ids.new())
        uow.connections.release_lease(lease)
        return run

    def _execute(self, session: _Session) -> SyncRun:
        client: ProviderClient | None = None
        try:
            if session.run.fruitless_attempts > MAX_ATTEMPTS:
                raise NoProgress
            provider = self.providers.get(session.connection.provider)
            client = provider.open(self._account(session))
            self._pull(session, provider, client)
            return self._finish(session, client.counts())
        except (LeaseLost, StoreUnavailable):
            raise
        except PmsError as error:
            counts = client.counts() if client else TransportCounts()
            return self._fail(session, error, counts)
        finally:
            if client:
                client.close()

    def _account(self, session: _Session) -> Account:
        connection = session.connection
        with self.unit_of_work() as uow:
            secrets = uow.connections.secrets(connection.id)
        return build_account(connection, session.hotel, secrets, session.run.correlation_id)

    def _pull(self, session: _Session, provider: Provider, client: ProviderClient) -> None:
        request = self._request(session)
        for page in client.pull(request):
            self._store(session, page)
            session.cursor = page.cursor or session.cursor
        if session.run.kind is SyncKind.RECONCILE:
            session.cursor = None  # it saw a window only: the next delta starts where it would have
            self._detect_deletions(session, request, provider.capabilities, client)

    def _request(self, session: _Session) -> PullRequest:
        """A reconcile that was interrupted starts again: what it saw before is not known."""
        run = session.run
        return build_pull_request(
            session.connection,
            session.hotel,
            run.kind,
            now=self.clock.now(),
            checkpoint=None if run.kind is SyncKind.RECONCILE else run.checkpoint,
        )

    def _store(self, session: _Session, page: Page) -> None:
        """Notifications that come with a page are kept with it; what they name is counted by
        nobody here: it is fetched, as after a webhook, by the job that is woken."""
        try:
            results, kept = retry_on_conflict(lambda: self._store_once(session, page))
        except (LeaseLost, RetriesExhausted):
            self._save_notifications(session, page)
            raise
        if kept:
            enqueue_inbox_jobs(self.queue, kept[:1])
        session.seen.update(
            result.item.external_id
            for result in results
            if result.item.external_id and _is_booking(result.item)
        )

    def _store_once(
        self, session: _Session, page: Page
    ) -> tuple[Sequence[ItemResult], Sequence[InboxItem]]:
        context = self._context(session, page)
        kept = self._notifications(session, page)
        with self.unit_of_work() as uow:
            self._renew(uow, session)
            if page.records:
                uow.records.save(context.hotel_id, context.provider, page.records, now=context.now)
            results = apply_items(uow, page.items, context, self.ids)
            quarantine_pulled_items(uow, results, context, self.ids, batch_id=session.run.id)
            if kept:
                uow.inbox.add(kept)
            run = session.run.page_stored(page.checkpoint, count_outcomes(results))
            uow.sync_runs.save(run)
            uow.commit()
        session.run = run
        return results, kept

    def _notifications(self, session: _Session, page: Page) -> Sequence[InboxItem]:
        return notification_rows(
            session.connection,
            page.notifications,
            mask_cards=self.mask_cards,
            ids=self.ids,
            now=self.clock.now(),
            correlation_id=session.run.correlation_id,
        )

    def _save_notifications(self, session: _Session, page: Page) -> None:
        """The page is another worker's now, or nobody's; its notifications lie nowhere else."""
        kept = self._notifications(session, page)
        if not kept:
            return

        def attempt() -> None:
            with self.unit_of_work() as uow:
                uow.inbox.add(kept)
                uow.commit()

        retry_on_conflict(attempt)
        enqueue_inbox_jobs(self.queue, kept[:1])

    def _detect_deletions(
        self,
        session: _Session,
        request: PullRequest,
        capabilities: Capabilities,
        client: ProviderClient,
    ) -> None:
        """Bookings of ours in the window that the provider did not return are asked for by id:
        they moved out of the window, or are gone."""
        if not capabilities.fetches_by_id:
            return
        with self.unit_of_work() as uow:
            ours = uow.bookings.ids_overlapping(
                session.hotel.id, session.connection.id, request.window
            )
        missing = sorted(set(ours) - session.seen)
        for chunk in _chunks(missing):
            refs = [Ref(RefKind.BOOKING, external_id) for external_id in chunk]
            page = client.fetch(refs)
            self._store(session, page)
            if capabilities.reports_deletions:
                self._apply_deletions(session, page, detect_deletions(page, refs))

    def _apply_deletions(self, session: _Session, page: Page, external_ids: Sequence[str]) -> None:
        def attempt() -> SyncRun:
            context = self._context(session, page)
            with self.unit_of_work() as uow:
                self._renew(uow, session)
                deleted = apply_deletions(uow, external_ids, context, self.ids)
                run = session.run
                run = replace(run, counts=run.counts.plus(SyncCounts(deleted=deleted)))
                uow.sync_runs.save(run)
                uow.commit()
            return run

        if external_ids:
            session.run = retry_on_conflict(attempt)

    def _context(self, session: _Session, page: Page) -> ApplyContext:
        run = session.run
        channel = Channel.PULLED if run.kind is SyncKind.DELTA else Channel.RECONCILED
        return ApplyContext(
            hotel_id=run.hotel_id,
            provider=run.provider,
            receipt=Receipt(channel, page.observed_at, run.connection_id, f"sync/{run.id}"),
            correlation_id=run.correlation_id,
            now=self.clock.now(),
            can_fetch=False,
        )

    def _renew(self, uow: UnitOfWork, session: _Session) -> None:
        until = self.clock.now() + LEASE_TTL
        session.lease = uow.connections.renew_lease(session.lease, until=until)

    def _finish(self, session: _Session, transport: TransportCounts) -> SyncRun:
        def attempt() -> SyncRun:
            now = self.clock.now()
            run = session.run.finish(now=now, transport=transport)
            with self.unit_of_work() as uow:
                self._renew(uow, session)
                connection, _ = get_connection(uow, run.connection_id)
                uow.connections.save(connection.synced(run, cursor=session.cursor, now=now))
                record_run_finished(uow, run, SyncCompleted, now=now, event_id=self.ids.new())
                uow.commit()
            return run

        return retry_on_conflict(attempt)

    def _fail(self, session: _Session, error: PmsError, transport: TransportCounts) -> SyncRun:
        stop = must_stop_connection(error)
        seconds = error.wait_seconds if isinstance(error, ProviderError) else 0
        wait = timedelta(seconds=min(seconds, WAIT_CAP // timedelta(seconds=1)))

        def attempt() -> SyncRun:
            now = self.clock.now()
            run = session.run.fail(
                now=now, code=error.code, detail=error.message, transport=transport
            )
            with self.unit_of_work() as uow:
                self._renew(uow, session)
                connection, _ = get_connection(uow, run.connection_id)
                failed = connection.sync_failed(error.code, stop=stop, now=now, wait=wait)
                uow.connections.save(failed)
                record_run_finished(uow, run, SyncFailed, now=now, event_id=self.ids.new())
                uow.commit()
            return run

        return retry_on_conflict(attempt)

    def _record_interruption(self, session: _Session) -> None:
        """An outage is no attempt of the run. Where it goes on it is one: the run can't be taken up
        again before it ends, so it costs one at most."""
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


def _is_booking(item: ReadItem) -> bool:
    """Also one that was refused: asking for it by id would only have it refused again."""
    refused = item.snapshot is None and item.kind is ItemKind.BOOKING
    return refused or isinstance(item.snapshot, BookingSnapshot)


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
