"""Notifications that a provider delivers only once, with a page of a pull: stored with the page,
before the next request."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.messages import InboxState, ItemKind
from domain.sync_run import LEASE_TTL, SyncCounts, SyncKind, SyncStatus
from ports.errors import ConcurrentChange, ProviderUnavailable, StoreUnavailable
from ports.job_queue import JobName
from ports.providers import Notification, Page, Ref, RefKind
from tests.application.use_case_harness import App, booked


def handed_over(app: App, *external_ids: str, checkpoint: str = "1") -> Page:
    bodies = [
        app.provider.notification(Notification(refs=(Ref(RefKind.BOOKING, name),)))
        for name in external_ids
    ]
    return app.page(notifications=bodies, checkpoint=checkpoint)


class TestNotificationsOfAPage:
    def test_are_stored_before_the_next_page_is_requested(self, app: App) -> None:
        seen = []
        app.during_each_request(lambda: seen.append([row.state for row in app.inbox()]))
        app.run(SyncKind.DELTA, handed_over(app, "B1", "B2"), app.page(cursor="next"))
        assert seen == [[], [InboxState.RECEIVED] * 2]

    def test_are_one_batch_in_order(self, app: App) -> None:
        page = handed_over(app, "B1", "B2", "B3")
        app.run(SyncKind.DELTA, page, handed_over(app, "B4", checkpoint="2"))
        rows = sorted(app.inbox(), key=lambda row: row.id)
        assert [row.kind for row in rows] == [ItemKind.NOTIFICATION] * 4
        assert [row.position for row in rows] == [0, 1, 2, 0]
        assert [row.body for row in rows[:3]] == list(page.notifications)
        batches = list(dict.fromkeys(row.batch_id for row in rows))
        assert len(batches) == 2
        assert [(job.name, job.subject_id) for job in app.queue.jobs] == [
            (JobName.CONNECTION_INBOX, app.connection.id)
        ]

    def test_are_processed_like_webhooks(self, app: App) -> None:
        app.provider.holds(booked("B1"), booked("B2"))
        run = app.run(SyncKind.DELTA, handed_over(app, "B1", "B2"))
        assert (run.status, run.counts) == (SyncStatus.COMPLETED, SyncCounts())
        app.run_jobs()
        assert app.booking("B1")
        assert app.booking("B2")
        assert {row.state for row in app.inbox()} == {InboxState.DONE}
        assert len(app.provider.fetched) == 1

    def test_that_are_unreadable_are_quarantined_and_block_none(self, app: App) -> None:
        app.provider.holds(booked("B1"))
        page = handed_over(app, "B1")
        bodies = [b"no notification", *page.notifications]
        app.run(SyncKind.DELTA, app.page(notifications=bodies))
        app.run_jobs()
        assert app.booking("B1")
        assert [row.body for row in app.quarantined()] == [b"no notification"]

    def test_hold_no_card_number(self, app: App) -> None:
        app.run(SyncKind.DELTA, app.page(notifications=[b"4111111111111111"]))
        [row] = app.inbox()
        assert b"4111111111111111" not in row.body

    def test_of_one_hotel_stay_with_it(self, app: App) -> None:
        other = app.connect(app.add_hotel(), key="other")
        app.script_pull(handed_over(app, "B1"))
        app.run(SyncKind.DELTA, of=other)
        assert {row.hotel_id for row in app.inbox()} == {other.hotel_id}

    def test_are_kept_if_the_run_fails_afterwards(self, app: App) -> None:
        app.provider.holds(booked("B1"))
        run = app.run(SyncKind.DELTA, handed_over(app, "B1"), ProviderUnavailable())
        assert run.status is SyncStatus.FAILED
        app.run_jobs()
        assert app.booking("B1")

    @pytest.mark.parametrize("at", range(1, 3))
    def test_survive_a_kill_just_after_their_commit(self, app: App, at: int) -> None:
        """Commit 0 begins the run, 1 is the page with the notification, 2 the next one."""
        app.provider.holds(booked("B1"))
        app.script_pull(handed_over(app, "B1"), app.page(checkpoint="2"))
        run = app.queued(SyncKind.DELTA)
        with app.killed(at, after=True):
            app.sync(run.id, holder="first")
        app.queue.take()
        app.restart()
        app.tick()
        app.run_jobs()
        assert app.booking("B1")
        assert {row.state for row in app.inbox()} == {InboxState.DONE}

    def test_wait_for_the_next_tick_while_the_queue_is_down(self, app: App) -> None:
        app.provider.holds(booked("B1"))
        app.queue.is_up = False
        run = app.run(SyncKind.DELTA, handed_over(app, "B1"), app.page(cursor="next"))
        assert run.status is SyncStatus.COMPLETED
        assert app.booking("B1") is None
        app.queue.is_up = True
        app.restart()
        app.tick()
        app.run_jobs()
        assert app.booking("B1")

    def test_are_stored_once_after_a_conflict(self, app: App) -> None:
        app.during_each_request(lambda: app.store.fail_next_commit(ConcurrentChange()))
        app.run(SyncKind.DELTA, handed_over(app, "B1"))
        assert len(app.inbox()) == 1

    def test_are_kept_by_a_worker_that_lost_its_lease(self, app: App) -> None:
        """The rest of the page is not stored: another worker executes the run."""
        run = app.queued(SyncKind.DELTA)
        page = handed_over(app, "B1")
        app.script_pull(replace(page, items=app.page(booked("B2")).items))
        app.provider.holds(booked("B1"))

        def other_worker() -> None:
            app.clock.advance(LEASE_TTL + timedelta(seconds=1))
            app.script_pull(app.page(cursor="theirs"))
            assert app.sync(run.id, holder="second").status is SyncStatus.COMPLETED

        app.during_next_request(other_worker)
        app.sync(run.id, holder="first")
        app.run_jobs()
        assert app.booking("B1")
        assert app.booking("B2") is None
        assert app.stored().cursor == "theirs"

    def test_that_no_store_accepts_leave_the_run_to_be_resumed(self, app: App) -> None:
        """The notifications are lost, as the provider deleted them. Its adapter declares this in
        `delta_misses`, and a reconcile closes the gap."""
        app.during_each_request(lambda: app.store.fail_next_commit(StoreUnavailable()))
        run = app.queued(SyncKind.DELTA)
        app.script_pull(handed_over(app, "B1"))
        with pytest.raises(StoreUnavailable):
            app.sync(run.id, holder="first")
        assert app.inbox() == []
        assert app.sync_run(run.id).status is SyncStatus.RUNNING
