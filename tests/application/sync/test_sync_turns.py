"""Runs of workers: they wait for a turn at the vendor, and go on from their checkpoint in the next
one."""

import math
from datetime import timedelta

from application.turns import LEAST_PAUSE_SECONDS, PATIENCE_SECONDS, vendor_of
from domain.sync_run import SyncCounts, SyncKind, SyncRun, SyncStatus
from ports.errors import RateLimited
from ports.job_queue import JobName
from ports.providers import Page
from tests.application.use_case_harness import App, booked

MINUTE = timedelta(minutes=1)


def work(app: App, run: SyncRun, *pages: Page | RateLimited) -> SyncRun:
    """One turn, of a worker; `pages`: the whole pull."""
    if pages:
        app.script_pull(*pages)
    return app.sync(run.id, holder=str(app.ids.new()), in_turns=True)


def slow_requests(app: App) -> None:
    app.during_each_request(lambda: app.clock.advance(MINUTE))


def others_wait(app: App) -> None:
    other = app.connect(app.add_hotel())
    app.queue.enqueue([app.job_of(app.queued(of=other))])


def three_pages(app: App) -> list[Page]:
    return [
        app.page(booked("B1"), checkpoint="1"),
        app.page(booked("B2"), checkpoint="2"),
        app.page(booked("B3"), cursor="next"),
    ]


def nine_pages(app: App) -> list[Page]:
    return [app.page(booked(f"B{n}"), checkpoint=str(n)) for n in range(9)]


def paused(app: App, kind: SyncKind) -> SyncRun:
    """After the first turn of a run of nine pages, for a job that waits."""
    slow_requests(app)
    others_wait(app)
    run = app.queued(kind)
    assert work(app, run, *nine_pages(app)).status is SyncStatus.RUNNING
    return run


def pages_per_turn(app: App, run: SyncRun, pages: list[Page]) -> list[int]:
    """Pages stored after each turn, until the run ends."""
    counts: list[int] = []
    while not app.sync_run(run.id).status.is_final:
        counts.append(work(app, run, *pages).pages)
    return counts


class TestTurn:
    def test_that_is_over_pauses_the_run_which_goes_on_from_its_checkpoint(self, app: App) -> None:
        """The turn of a vendor whose first page took a minute is some minutes long."""
        slow_requests(app)
        others_wait(app)
        run = app.queued(SyncKind.FULL)
        pages = nine_pages(app)
        assert pages_per_turn(app, run, pages) == [4, 8, 9]
        assert [job.name for job in app.queue.again] == [JobName.SYNC] * 2
        assert {job.subject_id for job in app.queue.again} == {run.id}
        ended = app.sync_run(run.id)
        assert (ended.status, ended.counts.created, ended.attempts) == (SyncStatus.COMPLETED, 9, 1)
        assert [request.checkpoint for request in app.provider.requests] == [None, "3", "7"]
        assert ended.transport.calls == 9

    def test_lasts_while_nobody_else_waits(self, app: App) -> None:
        slow_requests(app)
        run = app.queued(SyncKind.FULL)
        assert work(app, run, *three_pages(app)).status is SyncStatus.COMPLETED
        assert app.queue.again == []

    def test_ends_for_a_job_that_waits_for_the_same_vendor(self, app: App) -> None:
        slow_requests(app)
        app.turns.parked.append(app.job_of(app.queued(of=app.connect(app.add_hotel()))))
        run = app.queued(SyncKind.FULL)
        pages = nine_pages(app)
        assert work(app, run, *pages).status is SyncStatus.RUNNING

    def test_without_a_worker_lasts_to_the_end(self, app: App) -> None:
        slow_requests(app)
        others_wait(app)
        assert app.run(SyncKind.FULL, *three_pages(app)).status is SyncStatus.COMPLETED

    def test_frees_the_connection_between_turns(self, app: App) -> None:
        run = paused(app, SyncKind.FULL)
        assert app.sync(run.id, holder="other").status is SyncStatus.COMPLETED

    def test_is_refused_while_the_vendor_holds_enough_workers(self, app: App) -> None:
        app.turns.slow.add(vendor_of(app.connection))
        run = app.queued()
        assert work(app, run).status is SyncStatus.QUEUED
        assert [job.subject_id for job in app.turns.parked] == [run.id]
        assert app.provider.accounts == []
        app.turns.slow.clear()
        assert work(app, run).status is SyncStatus.COMPLETED

    def test_measures_the_vendor_without_our_own_time(self, app: App) -> None:
        slow_requests(app)
        work(app, app.queued(SyncKind.FULL), *three_pages(app))
        assert app.turns.measurements == [(app.connection.id, 60.0)]


class TestReconcile:
    def test_goes_on_with_what_it_saw(self, app: App) -> None:
        stay = booked().stay
        assert stay
        app.run(SyncKind.FULL, app.page(*(booked(f"B{n}") for n in range(11))))
        app.provider.holds(*(booked(f"B{n}") for n in range(11)))
        slow_requests(app)
        others_wait(app)
        run = app.queued(SyncKind.RECONCILE)
        pages = nine_pages(app)
        assert pages_per_turn(app, run, pages)[:2] == [4, 8]
        ended = app.sync_run(run.id)
        assert (ended.status, ended.paused_state) == (SyncStatus.COMPLETED, None)
        asked = sorted(ref.external_id for refs in app.provider.fetched for ref in refs)
        assert asked == ["B10", "B9"]

    def test_of_a_killed_worker_goes_on_from_the_last_pause(self, app: App) -> None:
        """What it saw since is lost, so these pages are read again."""
        run = paused(app, SyncKind.RECONCILE)
        app.write(
            lambda uow: uow.sync_runs.save(uow.sync_runs.get(run.id).page_stored("6", SyncCounts()))
        )
        work(app, run, *nine_pages(app))
        assert [request.checkpoint for request in app.provider.requests] == [None, "3"]


class TestRateLimit:
    def test_gives_the_worker_back_and_the_run_goes_on_later(self, app: App) -> None:
        run = app.queued(SyncKind.FULL)
        first, second, third = three_pages(app)
        limited = RateLimited(wait_seconds=20)
        assert work(app, run, first, second, limited).status is SyncStatus.RUNNING
        assert app.queue.pauses == [20]
        assert app.stored().breaker.failures == 0
        assert work(app, run, first, second, third).status is SyncStatus.COMPLETED
        assert app.provider.requests[-1].checkpoint == "2"

    def test_of_unknown_length_is_waited_for_some_seconds(self, app: App) -> None:
        work(app, app.queued(SyncKind.FULL), app.page(checkpoint="1"), RateLimited())
        assert app.queue.pauses == [LEAST_PAUSE_SECONDS]

    def test_without_progress_or_for_long_fails_the_run(self, app: App) -> None:
        assert work(app, app.queued(), RateLimited(wait_seconds=20)).status is SyncStatus.FAILED
        app.restart()
        page, limited = app.page(checkpoint="1"), RateLimited(wait_seconds=3_600)
        assert work(app, app.queued(), page, limited).status is SyncStatus.FAILED

    def test_is_waited_for_until_the_first_page(self, app: App) -> None:
        """Later the run would repeat little."""
        seen: list[float] = []
        app.during_each_request(lambda: seen.append(app.patience.seconds))
        work(app, app.queued(SyncKind.FULL), *three_pages(app))
        assert seen == [math.inf, PATIENCE_SECONDS, PATIENCE_SECONDS]
        assert app.patience.seconds == math.inf
