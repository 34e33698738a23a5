"""Notifications that a provider hands over once, with a page of a pull: stored before the next
page is asked for, whatever happens then."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.messages import InboxState, ItemKind
from domain.sync_run import LEASE_TTL, SyncCounts, SyncKind, SyncStatus
from ports.errors import ConcurrentChange, ProviderUnavailable, StoreUnavailable
from ports.job_queue import JobName
from ports.providers import Notification, Page, Ref, RefKind
from tests.application.use_case_harness import Fate, Killed, World, booked


def handed_over(world: World, *external_ids: str, checkpoint: str = "1") -> Page:
    bodies = [
        world.provider.notification(Notification(refs=(Ref(RefKind.BOOKING, name),)))
        for name in external_ids
    ]
    return world.page(notifications=bodies, checkpoint=checkpoint)


class TestNotificationsOfAPage:
    def test_are_rows_of_the_inbox_before_the_next_page_is_asked_for(self, world: World) -> None:
        seen = []
        world.each_time_asked(lambda: seen.append([row.state for row in world.inbox()]))
        world.run(SyncKind.DELTA, handed_over(world, "B1", "B2"), world.page(cursor="next"))
        assert seen == [[], [InboxState.RECEIVED] * 2]

    def test_are_one_batch_in_their_order_and_wake_one_job(self, world: World) -> None:
        page = handed_over(world, "B1", "B2", "B3")
        world.run(SyncKind.DELTA, page, handed_over(world, "B4", checkpoint="2"))
        rows = sorted(world.inbox(), key=lambda row: row.id)
        assert [row.kind for row in rows] == [ItemKind.NOTIFICATION] * 4
        assert [row.position for row in rows] == [0, 1, 2, 0]
        assert [row.body for row in rows[:3]] == list(page.notifications)
        batches = list(dict.fromkeys(row.batch_id for row in rows))
        jobs = [job.subject_id for job in world.queue.jobs if job.name is JobName.INBOX]
        assert jobs == batches
        assert len(batches) == 2

    def test_are_carried_out_as_webhooks_are(self, world: World) -> None:
        world.provider.holds(booked("B1"), booked("B2"))
        run = world.run(SyncKind.DELTA, handed_over(world, "B1", "B2"))
        assert (run.status, run.counts) == (SyncStatus.COMPLETED, SyncCounts())
        world.work_off()
        assert world.booking("B1")
        assert world.booking("B2")
        assert {row.state for row in world.inbox()} == {InboxState.DONE}
        assert len(world.provider.fetched) == 1

    def test_that_can_not_be_read_are_quarantined_and_hold_up_none(self, world: World) -> None:
        world.provider.holds(booked("B1"))
        page = handed_over(world, "B1")
        bodies = [b"no notification", *page.notifications]
        world.run(SyncKind.DELTA, world.page(notifications=bodies))
        world.work_off()
        assert world.booking("B1")
        assert [row.body for row in world.quarantined()] == [b"no notification"]

    def test_hold_no_card_number(self, world: World) -> None:
        world.run(SyncKind.DELTA, world.page(notifications=[b"4111111111111111"]))
        [row] = world.inbox()
        assert b"4111111111111111" not in row.body

    def test_of_one_hotel_stay_with_it(self, world: World) -> None:
        other = world.connect(world.add_hotel(), key="other")
        world.will_pull(handed_over(world, "B1"))
        world.run(SyncKind.DELTA, of=other)
        assert {row.hotel_id for row in world.inbox()} == {other.hotel_id}

    def test_are_kept_when_the_run_fails_after_them(self, world: World) -> None:
        world.provider.holds(booked("B1"))
        run = world.run(SyncKind.DELTA, handed_over(world, "B1"), ProviderUnavailable())
        assert run.status is SyncStatus.FAILED
        world.work_off()
        assert world.booking("B1")

    @pytest.mark.parametrize("at", range(1, 3))
    def test_survive_a_kill_just_after_their_commit(self, world: World, at: int) -> None:
        """Commit 0 begins the run, 1 is the page with the notification, 2 the next one."""
        world.provider.holds(booked("B1"))
        world.will_pull(handed_over(world, "B1"), world.page(checkpoint="2"))
        run = world.queued(SyncKind.DELTA)
        world.fate = Fate(at=at, after=True)
        with pytest.raises(Killed):
            world.sync(run.id, holder="first")
        world.queue.take()
        world.revive()
        world.tick()
        world.work_off()
        assert world.booking("B1")
        assert {row.state for row in world.inbox()} == {InboxState.DONE}

    def test_wait_for_the_next_tick_while_the_queue_is_down(self, world: World) -> None:
        world.provider.holds(booked("B1"))
        world.queue.is_up = False
        run = world.run(SyncKind.DELTA, handed_over(world, "B1"), world.page(cursor="next"))
        assert run.status is SyncStatus.COMPLETED
        assert world.booking("B1") is None
        world.queue.is_up = True
        world.revive()
        world.tick()
        world.work_off()
        assert world.booking("B1")

    def test_are_stored_once_where_someone_else_changed_the_same_rows(self, world: World) -> None:
        world.each_time_asked(lambda: world.store.fail_next_commit(ConcurrentChange()))
        world.run(SyncKind.DELTA, handed_over(world, "B1"))
        assert len(world.inbox()) == 1

    def test_are_kept_by_a_worker_that_lost_its_lease(self, world: World) -> None:
        """Nothing else of its page is: another worker carries the run."""
        run = world.queued(SyncKind.DELTA)
        page = handed_over(world, "B1")
        world.will_pull(replace(page, items=world.page(booked("B2")).items))
        world.provider.holds(booked("B1"))

        def other_worker() -> None:
            world.clock.advance(LEASE_TTL + timedelta(seconds=1))
            world.will_pull(world.page(cursor="theirs"))
            assert world.sync(run.id, holder="second").status is SyncStatus.COMPLETED

        world.while_asked(other_worker)
        world.sync(run.id, holder="first")
        world.work_off()
        assert world.booking("B1")
        assert world.booking("B2") is None
        assert world.stored().cursor == "theirs"

    def test_that_no_store_takes_leave_the_run_to_be_taken_up(self, world: World) -> None:
        """Those are lost: what the provider deleted on giving it lies nowhere else. Its adapter
        says so in `delta_misses`, and the reconcile closes it."""
        world.each_time_asked(lambda: world.store.fail_next_commit(StoreUnavailable()))
        run = world.queued(SyncKind.DELTA)
        world.will_pull(handed_over(world, "B1"))
        with pytest.raises(StoreUnavailable):
            world.sync(run.id, holder="first")
        assert world.inbox() == []
        assert world.sync_run(run.id).status is SyncStatus.RUNNING
