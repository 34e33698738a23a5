"""Whatever happens in a job ends at the boundary, as one log line and in the row."""

from collections.abc import Callable

import pytest

from adapters.inbound.jobs.job_boundary import JobBoundary
from adapters.outbound.memory.clock import START
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from ports.errors import StoreUnavailable
from tests.application.use_case_harness import World, booked


@pytest.fixture
def world() -> World:
    return World()


def boundary(world: World) -> JobBoundary:
    return JobBoundary(
        sync_connection=world.sync,
        fail_sync=world.fail,
        process_inbox=world.process,
        schedule_syncs=world.tick,
        new_holder=lambda: "holder",
    )


def carried(world: World, run: SyncRun) -> SyncRun:
    boundary(world).run("sync", str(run.hotel_id), str(run.id), "c")
    return world.sync_run(run.id)


def raising(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


class TestABugDuringASync:
    def test_ends_the_run_with_its_class_and_without_its_text(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.will_pull(world.page(booked(), checkpoint="1"), world.page())
        run = world.queued(SyncKind.FULL)
        world.each_time_asked(
            lambda: world.booking() and raising(ZeroDivisionError("Ada Lovelace"))()
        )
        ended = carried(world, run)
        assert (ended.status, ended.error_code) == (SyncStatus.FAILED, "bug")
        assert (ended.error_detail, ended.finished_at) == ("ZeroDivisionError", START)
        assert ended.pages == 1
        assert world.stored().breaker.failures == 1
        assert len(world.events("pms.sync.failed")) == 1
        assert "Ada" not in caplog.text
        assert [r.message for r in caplog.records if r.levelname == "ERROR"] == ["job_failed"]

    def test_frees_the_connection(self, world: World) -> None:
        world.while_asked(raising(KeyError("x")))
        carried(world, world.queued())
        assert world.run(holder="other").status is SyncStatus.COMPLETED

    def test_that_can_not_be_stored_is_left_to_the_next_worker(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken() -> None:
            world.interruptions = {1: raising(StoreUnavailable())}
            raise KeyError

        world.while_asked(broken)
        run = carried(world, world.queued())
        assert run.status is SyncStatus.RUNNING
        assert [getattr(r, "code", None) for r in caplog.records] == ["bug", "store_unavailable"]
