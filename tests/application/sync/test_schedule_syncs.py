"""The tick enqueues what is due by the database."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.outbound.memory.clock import ScriptedRandomness
from application.enqueue_jobs import sync_job
from application.errors import ConnectionNotFound, InvalidRequest, SyncInProgress
from application.hotels.switch_hotel import SwitchHotel
from application.sync.request_sync import RequestSync
from application.sync.schedule_syncs import (
    PURGE_FOR,
    QUARANTINE_RETENTION,
    STUCK_AFTER,
    VENDOR_TEXT_RETENTION,
    interleave_by_hotel,
)
from domain.audit import RETENTION, AuditAction
from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.retention import DEFAULT_RETENTION
from domain.sync_run import LEASE_TTL, SyncKind, SyncRun, SyncStatus, SyncTrigger
from ports.audit import AuditFilter
from ports.errors import ProviderUnavailable, QueueUnavailable, UnknownProvider, Unsupported
from ports.job_queue import JobName
from tests import builders
from tests.application.use_case_harness import (
    MINUTE,
    App,
    BrokenProviders,
    booked,
    by_provider_error,
)

HOUR = timedelta(hours=1)
INBOX_RETENTION = timedelta(days=DEFAULT_RETENTION.inbox or 0)
OUTBOX_RETENTION = timedelta(days=DEFAULT_RETENTION.outbox or 0)


def due(app: App, of: Connection | None = None, **over: object) -> Connection:
    """Synced before, and due now."""
    now = app.clock.now()
    usual = {"cursor": "c", "next_sync_at": now, "next_reconcile_at": now + HOUR}
    return app.edit(of, **(usual | over))


def syncs(app: App) -> list[SyncRun]:
    """The runs that wait for a worker, in the order of the queue."""
    return [
        app.store._committed.sync_runs[job.subject_id]
        for job in app.queue.jobs
        if job.name is JobName.SYNC
    ]


class TestTick:
    def test_queues_a_delta_that_is_due_and_sets_the_next(self, app: App) -> None:
        due(app)
        assert app.tick().queued_runs == 1
        [run] = syncs(app)
        assert (run.kind, run.trigger) == (SyncKind.DELTA, SyncTrigger.SCHEDULE)
        assert app.stored().next_sync_at == app.clock.now() + timedelta(minutes=5)

    def test_queues_nothing_before_its_time(self, app: App) -> None:
        due(app, next_sync_at=app.clock.now() + timedelta(microseconds=1))
        assert app.tick().queued_runs == 0

    def test_makes_the_first_sync_a_full_one(self, app: App) -> None:
        due(app, cursor=None)
        app.tick()
        assert [(r.kind, r.trigger) for r in syncs(app)] == [(SyncKind.FULL, SyncTrigger.FIRST)]

    def test_queues_nothing_for_a_disabled_hotel(self, app: App) -> None:
        switch = SwitchHotel(app.unit_of_work, app.audit)
        due(app)
        assert not switch(app.hotel.slug, enabled=False).enabled
        assert app.tick().queued_runs == 0
        due(app)
        assert switch(app.hotel.slug, enabled=True).enabled
        assert app.tick().queued_runs == 1

    @pytest.mark.parametrize("reconcile_in", [timedelta(0), HOUR])
    def test_never_announces_a_sync_of_a_push_only_connection_again(
        self, app: App, reconcile_in: timedelta
    ) -> None:
        app.provider.capabilities = replace(app.provider.capabilities, pulls=False)
        due(app, next_reconcile_at=app.clock.now() + reconcile_in)
        assert app.tick().queued_runs == 0
        assert app.stored().announced_sync_at is None

    def test_puts_a_reconcile_before_a_delta(self, app: App) -> None:
        due(app, next_reconcile_at=app.clock.now())
        app.tick()
        assert [r.kind for r in syncs(app)] == [SyncKind.RECONCILE]
        assert app.stored().next_reconcile_at == app.clock.now() + timedelta(hours=24)

    @pytest.mark.parametrize("fraction", [0.0, 0.5, 0.999])
    def test_spreads_the_next_syncs_over_a_tenth_of_the_interval(
        self, app: App, fraction: float
    ) -> None:
        app.randomness = ScriptedRandomness(fraction)
        due(app)
        app.tick()
        late = app.stored().next_sync_at
        assert late is not None
        assert late - app.clock.now() - timedelta(minutes=5) == timedelta(seconds=30) * fraction

    @pytest.mark.parametrize(
        "state", [ConnectionState.NEW, ConnectionState.PAUSED, ConnectionState.STOPPED]
    )
    def test_never_finds_a_connection_due_that_is_not_active(
        self, app: App, state: ConnectionState
    ) -> None:
        due(app, state=state, next_reconcile_at=app.clock.now())
        assert app.tick().queued_runs == 0

    def test_waits_while_the_breaker_is_open(self, app: App) -> None:
        due(app, breaker=Breaker(failures=3, retry_at=app.clock.now() + MINUTE))
        assert app.tick().queued_runs == 0
        app.clock.advance(MINUTE)
        assert app.tick().queued_runs == 1

    def test_does_not_queue_a_second_run_beside_an_unfinished_one(self, app: App) -> None:
        due(app)
        app.tick()
        due(app)
        assert app.tick().queued_runs == 0
        assert len(syncs(app)) == 1
        later = app.stored().next_sync_at
        assert later is not None
        assert later > app.clock.now()

    def test_does_not_enqueue_waiting_jobs_again(self, app: App) -> None:
        due(app)
        app.tick()
        app.clock.advance(HOUR)
        app.tick()
        assert len(app.queue.jobs) == 1

    def test_loses_nothing_while_the_queue_is_down(self, app: App) -> None:
        app.queue.is_up = False
        due(app)
        app.tick()
        app.queue.is_up = True
        app.clock.advance(STUCK_AFTER + timedelta(seconds=1))
        assert app.tick().retried_runs == 1
        app.run_jobs()
        assert [r.status for r in app.runs()] == [SyncStatus.COMPLETED]

    def test_enqueues_a_dead_workers_run_after_its_lease_expired(self, app: App) -> None:
        due(app)
        app.tick()
        with app.killed(0, after=True):
            app.run_jobs()
        app.clock.advance(MINUTE)
        assert app.tick().retried_runs == 0
        app.clock.advance(LEASE_TTL + STUCK_AFTER)
        assert app.tick().retried_runs == 1
        app.run_jobs()
        assert app.runs()[-1].status is SyncStatus.COMPLETED

    @pytest.mark.parametrize("between", range(3))
    def test_two_at_once_make_one_run_per_connection(self, app: App, between: int) -> None:
        for of in (None, app.connect(app.add_hotel())):
            due(app, of)
        others = []
        app.interruptions = {between: lambda: others.append(app.tick())}
        mine = replace(app.tick, chunk=1)()
        assert (others[0].queued_runs, mine.queued_runs) == (2 - between, between)
        assert len(app.store._committed.sync_runs) == len(syncs(app)) == 2

    @pytest.mark.parametrize("chunk", [1, 2, 3, 99])
    def test_queues_all_that_is_due_at_once(self, app: App, chunk: int) -> None:
        for of in (None, *(app.connect(app.add_hotel()) for _ in range(5))):
            due(app, of)
        assert replace(app.tick, chunk=chunk)().queued_runs == 6
        assert len(syncs(app)) == 6

    @pytest.mark.parametrize("chunk", [1, 99])
    def test_queues_a_reconcile_and_leaves_the_delta_to_the_next(
        self, app: App, chunk: int
    ) -> None:
        due(app, next_reconcile_at=app.clock.now())
        assert replace(app.tick, chunk=chunk)().queued_runs == 1
        assert app.stored().next_sync_at == app.clock.now()
        app.run_jobs()
        assert app.tick().queued_runs == 1
        assert {run.kind for run in app.runs()} == {SyncKind.RECONCILE, SyncKind.DELTA}

    def test_enqueues_the_longest_overdue_first(self, app: App) -> None:
        now = app.clock.now()
        late, latest, reconcile = (app.connect(app.add_hotel()) for _ in range(3))
        due(app)
        due(app, late, next_sync_at=now - HOUR)
        due(app, latest, next_sync_at=now - 3 * HOUR)
        due(app, reconcile, next_reconcile_at=now - 2 * HOUR)
        replace(app.tick, chunk=2)()
        expected = [latest.id, reconcile.id, late.id, app.connection.id]
        assert [run.connection_id for run in syncs(app)] == expected

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("at", range(2))
    def test_that_is_killed_leaves_everything_to_the_next(
        self, app: App, at: int, after: bool
    ) -> None:
        other = app.connect(app.add_hotel())
        due(app)
        due(app, other)
        with app.killed(at, after=after):
            replace(app.tick, chunk=1)()
        app.restart()
        app.clock.advance(STUCK_AFTER + timedelta(seconds=1))
        app.tick()
        assert {run.connection_id for run in syncs(app)} == {app.connection.id, other.id}
        assert len(syncs(app)) == 2

    def test_purges_rows_after_their_retention(self, app: App) -> None:
        app.push(booked(), b"?")
        with app.store.unit_of_work() as uow:
            uow.outbox.mark_delivered(
                [m.id for m in uow.outbox.next_batch(limit=9)], now=app.clock.now()
            )
            uow.vendor_error_texts.keep(
                [builders.vendor_error_text(app.connection, received_at=app.clock.now())]
            )
            uow.commit()
        longest = max(INBOX_RETENTION, OUTBOX_RETENTION, VENDOR_TEXT_RETENTION)
        app.clock.advance(longest + MINUTE)
        assert app.tick().purged == 4
        assert [row.id for row in app.inbox()] == [row.id for row in app.quarantined()]


class TestRetention:
    def test_purges_the_quarantine_by_age_and_records_it(self, app: App) -> None:
        other = app.connect(app.add_hotel(), key="other")
        app.push(b"bad 1", b"bad 2")
        app.push(b"bad 1", to=other)
        app.clock.advance(QUARANTINE_RETENTION)
        app.push(b"bad 3")
        assert app.tick().purged == 0
        app.clock.advance(MINUTE)
        assert app.tick().purged == 3
        assert [row.body for row in app.quarantined()] == [b"bad 3"]
        with app.store.unit_of_work() as uow:
            wanted = AuditFilter(hotel_id=app.hotel.id)
            [entry] = uow.audit_log.find(wanted, limit=9)
        assert (entry.actor, entry.action) == (RETENTION, AuditAction.QUARANTINE_PURGED)
        assert entry.details["count"] == 2

    def test_purges_discarded_items_as_processed_ones(self, app: App) -> None:
        [item] = app.push(b"bad").items
        app.discard.one(app.hotel.id, item.inbox_id)
        app.clock.advance(INBOX_RETENTION + MINUTE)
        assert app.tick().purged == 1
        assert app.inbox() == []

    def test_purges_many_batches_in_one_tick(self, app: App) -> None:
        for n in range(7):
            app.push(booked(number=n + 1))
        app.clock.advance(INBOX_RETENTION + MINUTE)
        assert replace(app.tick, purge_batch=2)().purged == 7

    def test_stops_purging_when_its_time_is_over(self, app: App) -> None:
        for n in range(7):
            app.push(booked(number=n + 1))
        app.clock.advance(INBOX_RETENTION + MINUTE)
        slow = {n: lambda: app.clock.advance(PURGE_FOR) for n in range(99)}
        app.interruptions = slow
        assert replace(app.tick, purge_batch=2)().purged == 2


class TestOneBadConnection:
    """Rule 8: it does not affect others."""

    @by_provider_error
    def test_of_an_uninstalled_or_broken_provider_fails_without_affecting_others(
        self, app: App, error: type[UnknownProvider], code: str
    ) -> None:
        lost = app.connect(app.add_hotel(), provider="lost")
        app.providers = BrokenProviders(app.providers, error)
        due(app, lost)
        due(app)
        assert app.tick().queued_runs == 2
        app.run_jobs()
        runs = {r.connection_id: r for r in app.store._committed.sync_runs.values()}
        assert runs[app.connection.id].status is SyncStatus.COMPLETED
        assert runs[lost.id].error_code == code

    def test_that_is_only_pushed_to_is_not_due_for_ever(self, app: App) -> None:
        for n in range(3):
            push_only = app.connect(app.hotel, provider="push_only", name=f"{n}")
            due(app, push_only, next_sync_at=app.clock.now() - HOUR)
        due(app)
        tick = replace(app.tick, chunk=2)
        assert tick().queued_runs == 1
        assert [run.connection_id for run in syncs(app)] == [app.connection.id]
        app.clock.advance(HOUR)
        assert [tick().queued_runs for _ in range(2)] == [0, 0]


class TestFairness:
    def test_serves_every_hotel(self, app: App) -> None:
        for n in range(6):
            due(app, app.connect(app.hotel, name=f"{n}"))
        small = app.add_hotel()
        due(app, app.connect(small))
        app.tick()
        assert small.id in [run.hotel_id for run in syncs(app)][:2]

    def test_keeps_every_run_once(self, app: App) -> None:
        hotels = [app.hotel, app.add_hotel(), app.add_hotel()]
        jobs = [
            sync_job(builders.sync_run(builders.connection(hotel)))
            for n, hotel in enumerate(hotels)
            for _ in range(n + 1)
        ]
        interleaved = interleave_by_hotel(jobs)
        assert Counter(job.subject_id for job in interleaved) == Counter(
            job.subject_id for job in jobs
        )


class TestGapGuard:
    SILENCE = timedelta(hours=2)

    def silent(self, app: App, **over: object) -> None:
        app.provider.capabilities = replace(app.provider.capabilities, retry_window=self.SILENCE)
        app.push(booked())
        due(app, last_synced_at=app.clock.now(), **over)

    def ticks(self, app: App, hours: int) -> list[SyncTrigger]:
        until: datetime = app.clock.now() + hours * HOUR
        triggers = []
        while app.clock.now() < until:
            app.clock.advance(5 * MINUTE)
            app.tick()
            triggers += [r.trigger for r in syncs(app)]
            app.run_jobs()
        return triggers

    def test_reconciles_once_per_silence(self, app: App) -> None:
        self.silent(app, next_reconcile_at=app.clock.now() + 1000 * HOUR)
        assert Counter(self.ticks(app, 12))[SyncTrigger.GAP] == 1
        app.push(booked(number=2))
        assert Counter(self.ticks(app, 12))[SyncTrigger.GAP] == 1

    def test_queues_a_reconcile(self, app: App) -> None:
        self.silent(app)
        app.clock.advance(self.SILENCE + MINUTE)
        app.tick()
        assert [(r.kind, r.trigger) for r in syncs(app)] == [(SyncKind.RECONCILE, SyncTrigger.GAP)]

    def test_does_not_keep_deltas_waiting_when_its_reconcile_fails(self, app: App) -> None:
        self.silent(app)
        planned = app.stored().next_reconcile_at
        app.clock.advance(self.SILENCE + MINUTE)
        app.script_pull(ProviderUnavailable())
        app.edit(next_reconcile_at=app.clock.now() + HOUR)
        triggers = self.ticks(app, 2)
        assert planned is not None
        assert Counter(triggers)[SyncTrigger.GAP] == 1
        kinds = Counter(run.kind for run in app.runs())
        assert kinds[SyncKind.RECONCILE] == 2
        assert kinds[SyncKind.DELTA] + sum(run.folded_runs for run in app.runs()) > 15

    def test_is_not_closed_by_an_empty_delta(self, app: App) -> None:
        self.silent(app)
        app.clock.advance(self.SILENCE + MINUTE)
        app.edit(last_synced_at=app.clock.now())
        app.tick()
        assert [r.trigger for r in syncs(app)] == [SyncTrigger.GAP]

    def test_waits_for_the_running_sync(self, app: App) -> None:
        self.silent(app, next_reconcile_at=app.clock.now() + 1000 * HOUR)
        app.clock.advance(self.SILENCE + MINUTE)
        under_way = app.queued()
        app.tick()
        assert syncs(app) == []
        app.sync(under_way.id, holder="w")
        assert Counter(self.ticks(app, 1))[SyncTrigger.GAP] == 1

    def test_of_a_hotel_that_is_switched_off_lets_others_have_their_turn(self, app: App) -> None:
        self.silent(app, next_reconcile_at=app.clock.now() + 1000 * HOUR)
        app.clock.advance(self.SILENCE + MINUTE)
        SwitchHotel(app.unit_of_work, app.audit)(app.hotel.slug, enabled=False)
        app.tick()
        due_at = app.stored().next_sync_at
        assert due_at is not None
        assert due_at > app.clock.now()

    def test_is_off_before_the_first_webhook(self, app: App) -> None:
        app.provider.capabilities = replace(app.provider.capabilities, retry_window=self.SILENCE)
        due(app, next_reconcile_at=app.clock.now() + 1000 * HOUR)
        assert SyncTrigger.GAP not in self.ticks(app, 12)


class TestRequestedSync:
    def test_is_queued_at_once(self, app: App) -> None:
        due(app)
        run = app.request(app.connection.id, SyncKind.RECONCILE, correlation_id="c")
        assert (run.kind, run.trigger) == (SyncKind.RECONCILE, SyncTrigger.MANUAL)
        assert syncs(app) == [run]

    def test_is_full_the_first_time(self, app: App) -> None:
        run = app.request(app.connection.id, SyncKind.DELTA, correlation_id="c")
        assert (run.kind, run.trigger) == (SyncKind.FULL, SyncTrigger.FIRST)

    def test_stays_queued_while_the_queue_is_down(self, app: App) -> None:
        app.queue.is_up = False
        run = app.request(app.connection.id, SyncKind.DELTA, correlation_id="c")
        assert app.sync_run(run.id).status is SyncStatus.QUEUED
        with pytest.raises(QueueUnavailable):
            app.queue.ping()

    def test_is_refused_beside_an_unfinished_one(self, app: App) -> None:
        request: RequestSync = app.request
        request(app.connection.id, SyncKind.DELTA, correlation_id="c")
        with pytest.raises(SyncInProgress):
            request(app.connection.id, SyncKind.DELTA, correlation_id="c")

    def test_of_another_hotels_connection_is_not_found(self, app: App) -> None:
        with pytest.raises(ConnectionNotFound):
            app.request(
                app.connection.id,
                SyncKind.DELTA,
                correlation_id="c",
                hotel_id=app.add_hotel().id,
            )
        with pytest.raises(ConnectionNotFound):
            app.request(app.ids.new(), SyncKind.DELTA, correlation_id="c")

    @pytest.mark.parametrize("state", [ConnectionState.NEW, ConnectionState.STOPPED])
    def test_needs_a_connection_that_passed_its_test(
        self, app: App, state: ConnectionState
    ) -> None:
        app.edit(state=state)
        with pytest.raises(InvalidRequest):
            app.request(app.connection.id, SyncKind.DELTA, correlation_id="c")

    def test_is_unsupported_for_a_push_only_provider(self, app: App) -> None:
        push_only = app.connect(app.hotel, provider="push_only")
        with pytest.raises(Unsupported):
            app.request(push_only.id, SyncKind.DELTA, correlation_id="c")
        assert app.runs() == []
