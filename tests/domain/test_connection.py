from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.breaker import BREAKER_BASE, BREAKER_THRESHOLD, Breaker
from domain.connection import Connection, ConnectionState
from domain.sync_run import RunError, SyncKind, SyncRun, SyncStatus
from tests import builders
from tests.builders import HOUR, MINUTE, T0

HOTEL = builders.hotel()
DOWN = RunError(code="down", detail="it is down", path="/list", vendor_message="sorry")
LATER, EARLIER = T0 + MINUTE, T0 - MINUTE


def active(**over: Any) -> Connection:
    return builders.connection(HOTEL, state=ConnectionState.ACTIVE, **over)


def run(**over: Any) -> SyncRun:
    return builders.sync_run(builders.connection(HOTEL), **over)


class TestDueSync:
    @pytest.mark.parametrize(
        ("cursor", "sync_at", "reconcile_at", "due"),
        [
            (None, None, None, None),
            (None, T0, None, SyncKind.FULL),
            (None, EARLIER, EARLIER, SyncKind.FULL),  # a first sync before both
            (None, LATER, EARLIER, None),
            ("c", T0, None, SyncKind.DELTA),
            ("c", T0, LATER, SyncKind.DELTA),
            ("c", LATER, None, None),
            ("c", LATER, T0, SyncKind.RECONCILE),
            ("c", EARLIER, T0, SyncKind.RECONCILE),  # a reconcile before a delta
            ("c", None, None, None),
        ],
    )
    def test_depends_on_cursor_and_schedule(
        self, cursor: Any, sync_at: Any, reconcile_at: Any, due: SyncKind | None
    ) -> None:
        made = active(cursor=cursor, next_sync_at=sync_at, next_reconcile_at=reconcile_at)
        assert made.due_kind(T0) is due

    @pytest.mark.parametrize(
        "state", [ConnectionState.NEW, ConnectionState.PAUSED, ConnectionState.STOPPED]
    )
    def test_is_nothing_unless_active(self, state: ConnectionState) -> None:
        assert active(next_sync_at=T0).due_kind(T0) is SyncKind.FULL
        assert replace(active(next_sync_at=T0), state=state).due_kind(T0) is None

    def test_is_nothing_while_the_breaker_is_open(self) -> None:
        tripped = Breaker(failures=3, retry_at=LATER)
        made = active(next_sync_at=T0, breaker=tripped)
        assert made.due_kind(T0) is None
        assert made.due_kind(LATER) is SyncKind.FULL


class TestConnection:
    def test_that_passed_its_test_syncs_at_once(self) -> None:
        stopped = builders.connection(
            HOTEL,
            state=ConnectionState.STOPPED,
            breaker=Breaker(failures=9, retry_at=T0 + HOUR),
            last_error_code="refused",
        )
        tested = stopped.tested(T0)
        assert tested.due_kind(T0) is SyncKind.FULL
        assert (tested.breaker, tested.last_error_code) == (Breaker(), None)
        assert tested.next_reconcile_at == T0 + tested.schedule.reconcile_every
        assert tested.tested(LATER).next_reconcile_at == tested.next_reconcile_at

    def test_stays_paused_when_it_passes_a_test(self) -> None:
        paused = active().paused().tested(T0)
        assert paused.state is ConnectionState.PAUSED
        assert paused.resumed(T0).due_kind(T0) is SyncKind.FULL

    def test_is_paused_and_resumed(self) -> None:
        paused = active(cursor="c", next_sync_at=T0).paused()
        assert paused.due_kind(T0) is None
        assert paused.resumed(LATER).due_kind(LATER) is SyncKind.DELTA

    def test_records_a_sync(self) -> None:
        failing = active(cursor="old", breaker=Breaker(failures=2), last_error_code="x")
        done = run(status=SyncStatus.COMPLETED)
        synced = failing.synced(done, cursor="new", now=LATER)
        assert (synced.cursor, synced.breaker, synced.last_synced_at) == ("new", Breaker(), LATER)
        assert synced.last_error_code is None
        assert failing.synced(done, cursor=None, now=LATER).cursor == "old"
        partial = failing.synced(run(status=SyncStatus.PARTIAL), cursor="new", now=LATER)
        assert partial.last_error_code == "items_quarantined"

    def test_stops_only_when_its_credentials_were_refused(self) -> None:
        failed = active().sync_failed(DOWN, stop=False, now=T0)
        assert (failed.state, failed.last_error_code) == (ConnectionState.ACTIVE, "down")
        assert (failed.breaker.failures, failed.stopped_at) == (1, None)
        stopped = active().sync_failed(DOWN, stop=True, now=T0)
        assert stopped.state is ConnectionState.STOPPED

    def test_keeps_since_when_and_why_it_is_stopped(self) -> None:
        stopped = active(next_sync_at=LATER).sync_failed(DOWN, stop=True, now=T0)
        assert stopped.stopped_at == T0
        assert stopped.last_error_detail == "/list: it is down (the provider: sorry)"
        assert stopped.sync_failed(DOWN, stop=True, now=LATER).stopped_at == T0
        assert stopped.resumed(LATER).stopped_at is None
        assert stopped.tested(LATER).stopped_at is None

    def test_keeps_why_it_was_stopped_whatever_ends_later(self) -> None:
        """A sync or a fetch that began before the stop ends after it."""
        stopped = active(cursor="c").sync_failed(DOWN, stop=True, now=T0)
        done = run(status=SyncStatus.COMPLETED)
        other = RunError(code="other", detail="something else")
        for later in (
            stopped.synced(done, cursor="d", now=LATER),
            stopped.recovered(),
            stopped.sync_failed(other, stop=False, now=LATER),
            stopped.sync_failed(other, stop=True, now=LATER),
            stopped.stopped("other", "something else", now=LATER),
        ):
            assert later.state is ConnectionState.STOPPED
            assert (later.stopped_at, later.last_error_code) == (T0, "down")
            assert later.last_error_detail == stopped.last_error_detail
        assert stopped.resumed(LATER).synced(done, cursor="d", now=LATER).last_error_code is None

    def test_recovers_by_a_fetch(self) -> None:
        recovered = active().sync_failed(DOWN, stop=False, now=T0).recovered()
        assert (recovered.breaker, recovered.last_error_code) == (Breaker(), None)

    @pytest.mark.parametrize("state", ConnectionState)
    def test_has_a_stop_only_while_it_is_stopped(self, state: ConnectionState) -> None:
        stopped = active(next_sync_at=LATER).stopped("refused", "why", now=T0)
        before = replace(stopped, state=state)
        left = [before.paused(), before.resumed(LATER), before.tested(LATER), before.changed({})]
        assert [each.stopped_at for each in left] == [None] * len(left)
        assert before.stopped("again", "why", now=LATER).stopped_at == (
            T0 if state is ConnectionState.STOPPED else LATER
        )

    @pytest.mark.parametrize("state", ConnectionState)
    def test_that_was_stopped_is_tested_again_after_a_change(self, state: ConnectionState) -> None:
        changed = replace(active(), state=state).changed({"base_url": "https://new.example"})
        assert changed.settings == {"base_url": "https://new.example"}
        is_stopped = state is ConnectionState.STOPPED
        assert changed.state is (ConnectionState.NEW if is_stopped else state)

    def test_announces_no_sync_unless_it_is_active(self) -> None:
        assert active(next_sync_at=LATER).announced_sync_at == LATER
        stopped = active(next_sync_at=LATER).sync_failed(DOWN, stop=True, now=T0)
        assert stopped.announced_sync_at is None
        assert active(next_sync_at=LATER).paused().announced_sync_at is None

    def test_announces_no_sync_before_the_pause_of_the_breaker_ends(self) -> None:
        failed = active(next_sync_at=T0)
        for _ in range(BREAKER_THRESHOLD):
            failed = failed.sync_failed(DOWN, stop=False, now=T0)
        assert failed.announced_sync_at == failed.breaker.retry_at == T0 + BREAKER_BASE
        assert replace(failed, next_sync_at=T0 + HOUR).announced_sync_at == T0 + HOUR
        assert replace(failed, next_sync_at=None).announced_sync_at is None
        assert failed.due_kind(T0) is None

    def test_has_a_gap_after_too_long_a_silence(self) -> None:
        assert not active().has_gap(silence=HOUR, now=T0)
        quiet = active(last_inbound_at=T0 - HOUR)
        assert not quiet.has_gap(silence=HOUR, now=T0)
        late = T0 + timedelta(microseconds=1)
        assert quiet.has_gap(silence=HOUR, now=late)
        assert not quiet.gap_found().has_gap(silence=HOUR, now=late)
        again = replace(quiet.gap_found(), last_inbound_at=T0)
        assert again.has_gap(silence=HOUR, now=T0 + 2 * HOUR)

    def test_reschedules_only_the_queued_kind(self) -> None:
        made = active(cursor="c", next_sync_at=T0, next_reconcile_at=T0)
        delta, reconcile = made.schedule.delta_every, made.schedule.reconcile_every
        for kind in (SyncKind.DELTA, SyncKind.FULL):
            queued = made.scheduled(kind, now=T0, jitter=MINUTE)
            assert queued == replace(made, next_sync_at=T0 + delta + MINUTE)
        queued = made.scheduled(SyncKind.RECONCILE, now=T0, jitter=MINUTE)
        assert queued == replace(made, next_reconcile_at=T0 + reconcile + MINUTE)
