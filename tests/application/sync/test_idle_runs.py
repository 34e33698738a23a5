"""Idle deltas in a row are one stored run."""

from datetime import datetime, timedelta

import pytest

from domain.sync_run import SyncKind, SyncRun, SyncStatus, SyncTrigger
from ports.errors import PortError, ProviderUnavailable
from ports.providers import Page
from tests import builders
from tests.application.use_case_harness import App, booked

MINUTE = timedelta(minutes=1)


def delta(app: App, *pages: Page | PortError) -> SyncRun:
    app.clock.advance(MINUTE)
    return app.run(SyncKind.DELTA, *(pages or (app.page(cursor="next"),)))


class TestIdleRuns:
    def test_in_a_row_are_one_run_that_counts_them(self, app: App) -> None:
        first = delta(app)
        for _ in range(3):
            last = delta(app)
        [stored] = app.runs()
        assert stored == last
        assert (stored.id, stored.folded_runs) == (last.id, 3)
        assert stored.idle_since == first.started_at
        assert stored.finished_at == app.stored().last_synced_at
        assert stored.transport.calls == 4 * first.transport.calls

    def test_publish_each_its_completion(self, app: App) -> None:
        runs = [delta(app) for _ in range(3)]
        subjects = [event["subject"] for event in app.events("pms.sync.completed")]
        assert subjects == [str(run.id) for run in runs]

    def test_store_their_cursor(self, app: App) -> None:
        delta(app)
        delta(app, app.page(cursor="later"))
        assert app.stored().cursor == "later"

    @pytest.mark.parametrize("kind", [SyncKind.FULL, SyncKind.RECONCILE])
    def test_of_other_kinds_are_stored_each(self, app: App, kind: SyncKind) -> None:
        for _ in range(2):
            app.run(kind, app.page(cursor="next"))
        assert len(app.runs()) == 2

    def test_begin_anew_after_a_run_that_saw_something(self, app: App) -> None:
        runs = [delta(app), delta(app, app.page(booked(), cursor="next")), delta(app)]
        assert app.runs() == runs[::-1]
        assert [run.folded_runs for run in runs] == [0, 0, 0]

    def test_begin_anew_after_a_failure(self, app: App) -> None:
        delta(app)
        failed = delta(app, ProviderUnavailable())
        last = delta(app)
        assert app.runs()[:2] == [last, failed]
        assert len(app.runs()) == 3

    def test_are_not_those_with_notifications(self, app: App) -> None:
        notifying = app.page(cursor="next")
        page = Page(items=(), observed_at=notifying.observed_at, notifications=(b"{}",))
        for _ in range(2):
            delta(app, page)
        assert len(app.runs()) == 2

    def test_are_not_those_that_somebody_requested(self, app: App) -> None:
        """Their status URL stays valid."""
        requested = builders.sync_run(
            app.connection, trigger=SyncTrigger.MANUAL, queued_at=app.clock.now()
        )
        app.write(lambda uow: uow.sync_runs.add(requested))
        app.script_pull(app.page(cursor="next"))
        app.sync(requested.id, holder="w")
        last = delta(app)
        assert [run.id for run in app.runs()] == [last.id, requested.id]

    def test_of_another_connection_are_another_row(self, app: App) -> None:
        other = app.connect(app.hotel)
        for _ in range(2):
            for of in (app.connection, other):
                app.script_pull(app.page(cursor="next"))
                app.sync(app.queued(of=of).id, holder="w")
                app.clock.advance(MINUTE)
        assert {run.connection_id for run in app.runs()} == {app.connection.id, other.id}
        assert [run.folded_runs for run in app.runs()] == [1, 1]


class TestInterruptedRun:
    def test_is_stored_on_its_own(self, app: App) -> None:
        delta(app)
        app.clock.advance(MINUTE)
        run = app.queued()
        app.script_pull(app.page(checkpoint="1"), app.page(cursor="next"))
        with app.killed(2, after=True):
            app.sync(run.id, holder="w")
        app.restart()
        app.script_pull(app.page(cursor="next"))
        resumed = app.sync(run.id, holder="w")
        assert (resumed.status, resumed.attempts) == (SyncStatus.COMPLETED, 2)
        assert len(app.runs()) == 2


def test_duration_is_of_the_last_run(app: App) -> None:
    """Folding moves no start: the run's own times are those of its request."""
    delta(app)
    began: datetime = app.clock.now() + MINUTE
    last = delta(app)
    assert last.started_at is not None
    assert last.started_at >= began
