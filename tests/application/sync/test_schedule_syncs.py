"""The tick finds in the database what is due."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.outbound.memory.clock import ScriptedRandomness
from application.errors import ConnectionNotFound, InvalidRequest, SyncInProgress
from application.hotels.switch_hotel import SwitchHotel
from application.sync.request_sync import RequestSync
from application.sync.schedule_syncs import (
    BATCH,
    DELIVERED_RETENTION,
    DONE_RETENTION,
    PURGE_FOR,
    STUCK_AFTER,
    interleave_by_hotel,
)
from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.sync_run import LEASE_TTL, SyncKind, SyncRun, SyncStatus, SyncTrigger
from ports.errors import ProviderUnavailable, QueueUnavailable, Unsupported
from ports.job_queue import JobName
from tests import builders
from tests.application.use_case_harness import MINUTE, Fate, Killed, World, booked

HOUR = timedelta(hours=1)


def due(world: World, of: Connection | None = None, **over: object) -> Connection:
    """Synced before, and due now."""
    now = world.clock.now()
    usual = {"cursor": "c", "next_sync_at": now, "next_reconcile_at": now + HOUR}
    return world.edit(of, **(usual | over))


def syncs(world: World) -> list[SyncRun]:
    """The runs that wait for a worker, in the order of the queue."""
    return [
        world.store._committed.sync_runs[job.subject_id]
        for job in world.queue.jobs
        if job.name is JobName.SYNC
    ]


class TestTick:
    def test_queues_a_delta_that_is_due_and_sets_the_next(self, world: World) -> None:
        due(world)
        assert world.tick().queued_runs == 1
        [run] = syncs(world)
        assert (run.kind, run.trigger) == (SyncKind.DELTA, SyncTrigger.SCHEDULE)
        assert world.stored().next_sync_at == world.clock.now() + timedelta(minutes=5)

    def test_queues_nothing_before_its_time(self, world: World) -> None:
        due(world, next_sync_at=world.clock.now() + timedelta(microseconds=1))
        assert world.tick().queued_runs == 0

    def test_makes_the_first_sync_a_full_one(self, world: World) -> None:
        due(world, cursor=None)
        world.tick()
        assert [(r.kind, r.trigger) for r in syncs(world)] == [(SyncKind.FULL, SyncTrigger.FIRST)]

    def test_queues_nothing_for_a_hotel_that_is_switched_off(self, world: World) -> None:
        switch = SwitchHotel(world.unit_of_work)
        due(world)
        assert not switch(world.hotel.slug, enabled=False).enabled
        assert world.tick().queued_runs == 0
        due(world)
        assert switch(world.hotel.slug, enabled=True).enabled
        assert world.tick().queued_runs == 1

    def test_puts_a_reconcile_before_a_delta(self, world: World) -> None:
        due(world, next_reconcile_at=world.clock.now())
        world.tick()
        assert [r.kind for r in syncs(world)] == [SyncKind.RECONCILE]
        assert world.stored().next_reconcile_at == world.clock.now() + timedelta(hours=24)

    @pytest.mark.parametrize("fraction", [0.0, 0.5, 0.999])
    def test_spreads_the_next_syncs_over_a_tenth_of_the_interval(
        self, world: World, fraction: float
    ) -> None:
        world.randomness = ScriptedRandomness(fraction)
        due(world)
        world.tick()
        late = world.stored().next_sync_at
        assert late is not None
        assert late - world.clock.now() - timedelta(minutes=5) == timedelta(seconds=30) * fraction

    @pytest.mark.parametrize(
        "state", [ConnectionState.NEW, ConnectionState.PAUSED, ConnectionState.STOPPED]
    )
    def test_never_finds_a_connection_due_that_is_not_active(
        self, world: World, state: ConnectionState
    ) -> None:
        due(world, state=state, next_reconcile_at=world.clock.now())
        assert world.tick().queued_runs == 0

    def test_waits_while_the_breaker_is_open(self, world: World) -> None:
        due(world, breaker=Breaker(failures=3, retry_at=world.clock.now() + MINUTE))
        assert world.tick().queued_runs == 0
        world.clock.advance(MINUTE)
        assert world.tick().queued_runs == 1

    def test_does_not_queue_a_second_run_beside_an_unfinished_one(self, world: World) -> None:
        due(world)
        world.tick()
        due(world)
        assert world.tick().queued_runs == 0
        assert len(syncs(world)) == 1
        later = world.stored().next_sync_at
        assert later is not None
        assert later > world.clock.now()

    def test_leaves_to_the_queue_what_waits_there_already(self, world: World) -> None:
        due(world)
        world.tick()
        world.clock.advance(HOUR)
        world.tick()
        assert len(world.queue.jobs) == 1

    def test_loses_nothing_while_the_queue_is_down(self, world: World) -> None:
        world.queue.is_up = False
        due(world)
        world.tick()
        world.queue.is_up = True
        world.clock.advance(STUCK_AFTER + timedelta(seconds=1))
        assert world.tick().retried_runs == 1
        world.work_off()
        assert [r.status for r in world.runs()] == [SyncStatus.COMPLETED]

    def test_enqueues_again_the_run_of_a_dead_worker_once_its_lease_has_expired(
        self, world: World
    ) -> None:
        due(world)
        world.tick()
        world.fate = Fate(at=0, after=True)
        with pytest.raises(Killed):
            world.work_off()
        world.fate = Fate(at=-1)
        world.clock.advance(MINUTE)
        assert world.tick().retried_runs == 0
        world.clock.advance(LEASE_TTL + STUCK_AFTER)
        assert world.tick().retried_runs == 1
        world.work_off()
        assert world.runs()[-1].status is SyncStatus.COMPLETED

    def test_two_at_once_make_one_run(self, world: World) -> None:
        due(world)
        others = []
        world.interruptions = {1: lambda: others.append(world.tick())}
        mine = world.tick()
        assert (others[0].queued_runs, mine.queued_runs) == (1, 0)
        assert len(world.runs()) == 1

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("at", range(2))
    def test_that_is_killed_leaves_everything_to_the_next(
        self, world: World, at: int, after: bool
    ) -> None:
        other = world.connect(world.add_hotel())
        due(world)
        due(world, other)
        world.fate = Fate(at, after=after)
        with pytest.raises(Killed):
            world.tick()
        world.revive()
        world.tick()
        assert {run.connection_id for run in syncs(world)} == {world.connection.id, other.id}
        assert len(syncs(world)) == 2

    def test_forgets_what_is_long_done(self, world: World) -> None:
        world.push(booked(), b"?")
        with world.store.unit_of_work() as uow:
            uow.outbox.mark_delivered(
                [m.id for m in uow.outbox.next_batch(limit=9)], now=world.clock.now()
            )
            uow.commit()
        world.clock.advance(max(DONE_RETENTION, DELIVERED_RETENTION) + MINUTE)
        assert world.tick().purged == 3
        assert [row.id for row in world.inbox()] == [row.id for row in world.quarantined()]


class TestRetention:
    def test_forgets_in_one_tick_what_many_batches_hold(self, world: World) -> None:
        for n in range(7):
            world.push(booked(number=n + 1))
        world.clock.advance(DONE_RETENTION + MINUTE)
        assert replace(world.tick, purge_batch=2)().purged == 7

    def test_leaves_the_rest_to_the_next_tick_when_its_time_is_over(self, world: World) -> None:
        for n in range(7):
            world.push(booked(number=n + 1))
        world.clock.advance(DONE_RETENTION + MINUTE)
        slow = {n: lambda: world.clock.advance(PURGE_FOR) for n in range(99)}
        world.interruptions = slow
        assert replace(world.tick, purge_batch=2)().purged == 2


class TestOneBadConnection:
    """Rule 8: it never stops another."""

    def test_of_an_uninstalled_provider_fails_visibly_and_alone(self, world: World) -> None:
        lost = world.connect(world.add_hotel(), provider="uninstalled")
        due(world, lost)
        due(world)
        assert world.tick().queued_runs == 2
        world.work_off()
        runs = {r.connection_id: r for r in world.store._committed.sync_runs.values()}
        assert runs[world.connection.id].status is SyncStatus.COMPLETED
        assert runs[lost.id].error_code == "unknown_provider"

    def test_that_is_only_pushed_to_is_not_due_for_ever(self, world: World) -> None:
        for n in range(BATCH):
            blind = world.connect(world.hotel, provider="blind", name=f"{n}")
            due(world, blind, next_sync_at=world.clock.now() - HOUR)
        due(world)
        world.tick()
        world.tick()
        assert [run.connection_id for run in syncs(world)] == [world.connection.id]


class TestFairness:
    def test_gives_every_hotel_its_turn(self, world: World) -> None:
        for n in range(6):
            due(world, world.connect(world.hotel, name=f"{n}"))
        small = world.add_hotel()
        due(world, world.connect(small))
        world.tick()
        assert small.id in [run.hotel_id for run in syncs(world)][:2]

    def test_keeps_every_run_once(self, world: World) -> None:
        hotels = [world.hotel, world.add_hotel(), world.add_hotel()]
        runs = [
            builders.sync_run(builders.connection(hotel))
            for n, hotel in enumerate(hotels)
            for _ in range(n + 1)
        ]
        assert Counter(r.id for r in interleave_by_hotel(runs)) == Counter(r.id for r in runs)


class TestGapGuard:
    SILENCE = timedelta(hours=2)

    def silent(self, world: World, **over: object) -> None:
        world.provider.capabilities = replace(
            world.provider.capabilities, retry_window=self.SILENCE
        )
        world.push(booked())
        due(world, last_synced_at=world.clock.now(), **over)

    def ticks(self, world: World, hours: int) -> list[SyncTrigger]:
        until: datetime = world.clock.now() + hours * HOUR
        triggers = []
        while world.clock.now() < until:
            world.clock.advance(5 * MINUTE)
            world.tick()
            triggers += [r.trigger for r in syncs(world)]
            world.work_off()
        return triggers

    def test_reconciles_once_per_silence(self, world: World) -> None:
        self.silent(world, next_reconcile_at=world.clock.now() + 1000 * HOUR)
        assert Counter(self.ticks(world, 12))[SyncTrigger.GAP] == 1
        world.push(booked(number=2))
        assert Counter(self.ticks(world, 12))[SyncTrigger.GAP] == 1

    def test_asks_for_a_reconcile(self, world: World) -> None:
        self.silent(world)
        world.clock.advance(self.SILENCE + MINUTE)
        world.tick()
        assert [(r.kind, r.trigger) for r in syncs(world)] == [
            (SyncKind.RECONCILE, SyncTrigger.GAP)
        ]

    def test_does_not_keep_deltas_waiting_when_its_reconcile_fails(self, world: World) -> None:
        self.silent(world)
        planned = world.stored().next_reconcile_at
        world.clock.advance(self.SILENCE + MINUTE)
        world.will_pull(ProviderUnavailable())
        world.edit(next_reconcile_at=world.clock.now() + HOUR)
        triggers = self.ticks(world, 2)
        assert planned is not None
        assert Counter(triggers)[SyncTrigger.GAP] == 1
        kinds = Counter(run.kind for run in world.runs())
        assert kinds[SyncKind.RECONCILE] == 2
        assert kinds[SyncKind.DELTA] > 15

    def test_is_not_calmed_by_a_delta_that_saw_nothing(self, world: World) -> None:
        self.silent(world)
        world.clock.advance(self.SILENCE + MINUTE)
        world.edit(last_synced_at=world.clock.now())
        world.tick()
        assert [r.trigger for r in syncs(world)] == [SyncTrigger.GAP]

    def test_waits_for_the_run_that_is_under_way(self, world: World) -> None:
        self.silent(world, next_reconcile_at=world.clock.now() + 1000 * HOUR)
        world.clock.advance(self.SILENCE + MINUTE)
        under_way = world.queued()
        world.tick()
        assert syncs(world) == []
        world.sync(under_way.id, holder="w")
        assert Counter(self.ticks(world, 1))[SyncTrigger.GAP] == 1

    def test_of_a_hotel_that_is_switched_off_lets_others_have_their_turn(
        self, world: World
    ) -> None:
        self.silent(world, next_reconcile_at=world.clock.now() + 1000 * HOUR)
        world.clock.advance(self.SILENCE + MINUTE)
        SwitchHotel(world.unit_of_work)(world.hotel.slug, enabled=False)
        world.tick()
        due_at = world.stored().next_sync_at
        assert due_at is not None
        assert due_at > world.clock.now()

    def test_is_quiet_where_nothing_was_ever_heard(self, world: World) -> None:
        world.provider.capabilities = replace(
            world.provider.capabilities, retry_window=self.SILENCE
        )
        due(world, next_reconcile_at=world.clock.now() + 1000 * HOUR)
        assert SyncTrigger.GAP not in self.ticks(world, 12)


class TestRequestedSync:
    def test_is_queued_at_once(self, world: World) -> None:
        due(world)
        run = world.request(world.connection.id, SyncKind.RECONCILE, correlation_id="c")
        assert (run.kind, run.trigger) == (SyncKind.RECONCILE, SyncTrigger.MANUAL)
        assert syncs(world) == [run]

    def test_is_full_the_first_time(self, world: World) -> None:
        run = world.request(world.connection.id, SyncKind.DELTA, correlation_id="c")
        assert (run.kind, run.trigger) == (SyncKind.FULL, SyncTrigger.FIRST)

    def test_stays_queued_while_the_queue_is_down(self, world: World) -> None:
        world.queue.is_up = False
        run = world.request(world.connection.id, SyncKind.DELTA, correlation_id="c")
        assert world.sync_run(run.id).status is SyncStatus.QUEUED
        with pytest.raises(QueueUnavailable):
            world.queue.ping()

    def test_is_refused_beside_an_unfinished_one(self, world: World) -> None:
        request: RequestSync = world.request
        request(world.connection.id, SyncKind.DELTA, correlation_id="c")
        with pytest.raises(SyncInProgress):
            request(world.connection.id, SyncKind.DELTA, correlation_id="c")

    def test_of_another_hotels_connection_finds_nothing(self, world: World) -> None:
        with pytest.raises(ConnectionNotFound):
            world.request(
                world.connection.id,
                SyncKind.DELTA,
                correlation_id="c",
                hotel_id=world.add_hotel().id,
            )
        with pytest.raises(ConnectionNotFound):
            world.request(world.ids.new(), SyncKind.DELTA, correlation_id="c")

    @pytest.mark.parametrize("state", [ConnectionState.NEW, ConnectionState.STOPPED])
    def test_needs_a_connection_that_passed_its_test(
        self, world: World, state: ConnectionState
    ) -> None:
        world.edit(state=state)
        with pytest.raises(InvalidRequest):
            world.request(world.connection.id, SyncKind.DELTA, correlation_id="c")

    def test_has_nothing_to_pull_from_a_provider_that_only_pushes(self, world: World) -> None:
        blind = world.connect(world.hotel, provider="blind")
        with pytest.raises(Unsupported):
            world.request(blind.id, SyncKind.DELTA, correlation_id="c")
        assert world.runs() == []
