"""Syncs of the whole application: what is stored, what is told, and how a run ends."""

from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.connection import ConnectionState
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from entrypoints.certification.app_harness import AppHarness, describe_run
from entrypoints.certification.check import Check, Requirement, check
from entrypoints.certification.check_context import FEW, SOME, CheckContext
from entrypoints.certification.checks.webhooks import (
    expect_deleted,
    expect_matches_source,
    perform_and_collect,
)

_RATES: Final = (
    Fault(FaultKind.TOO_MANY_REQUESTS, probability=0.05),
    Fault(FaultKind.SERVER_ERROR, probability=0.04),
    Fault(FaultKind.UNAVAILABLE, probability=0.04, retry_after="missing"),
    Fault(FaultKind.TRUNCATED, probability=0.04),
    Fault(FaultKind.MOVING_ITEMS, probability=0.1),
)
_DAYS: Final = 5
_EVENTS: Final = 8
_MAX_RUNS: Final = 25


@check("sync.first", "After the first sync our picture is the hotel's", Requirement.PULLS)
def first(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=SOME))
    run = app.first_sync()
    diff = app.diff_bookings()
    ctx.expect(run.counts.created, "nothing was stored")
    ctx.expect(not diff, diff)


@check(
    "sync.second", "A second full sync of a quiet hotel writes and tells nothing", Requirement.PULLS
)
def second(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=FEW))
    app.first_sync()
    before = app.bookings()
    events = len(app.events())
    run = app.sync_or_fail(SyncKind.FULL)
    counts = (run.counts.created, run.counts.updated)
    ctx.expect(counts == (0, 0), f"{counts[0]} created and {counts[1]} updated")
    ctx.expect(app.bookings() == before, "a booking was written again")
    ctx.expect(len(app.events()) == events + 1, "more was told than that the run is over")


@check("sync.verified", "The comparison with the provider finds no drift", Requirement.PULLS)
def verified(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=FEW))
    app.first_sync()
    report = app.verify()
    ctx.expect(report.compared, "nothing was compared")
    ctx.expect(report.drift == 0, f"drift {report.drift}: {'; '.join(report.examples[:2])}")


def _pulled(act: ScenarioAction) -> Check:
    @check(
        f"synced.{act}", f"{act}: the next sync brings it without a notification", Requirement.PULLS
    )
    def run_check(ctx: CheckContext) -> None:
        app = ctx.shared_app("synced")
        app.adapter.prepare(act)
        app.sync()
        external_id, _ = perform_and_collect(ctx, app, act)
        before = app.bookings().get(external_id)
        app.sync_or_fail(SyncKind.DELTA)
        if act is ScenarioAction.DELETE:
            ctx.require_or_skip(ctx.capabilities.reports_deletions, "it does not tell deletions")
            app.sync_or_fail(SyncKind.RECONCILE)
            expect_deleted(ctx, app, external_id, before)
        else:
            expect_matches_source(ctx, app, external_id)

    return run_check


PULLED: Final = tuple(_pulled(act) for act in ScenarioAction)


def _partial(name: str, title: str, kind: FaultKind) -> Check:
    @check(f"partial.{name}", title, Requirement.PULLS)
    def run_check(ctx: CheckContext) -> None:
        app = ctx.app(SimulatorOptions(bookings=FEW))
        app.adapter.inject(Fault(kind))
        run = app.sync(SyncKind.FULL)
        ctx.expect(run.status is SyncStatus.PARTIAL, f"the run ended as {describe_run(run)}")
        ctx.expect(app.quarantined(), "nothing is in quarantine")
        ctx.expect(app.bookings(), "no other booking came in")
        app.adapter.simulator.faults.clear()
        app.sync_or_fail(SyncKind.RECONCILE)
        app.sync_or_fail(SyncKind.FULL)
        diff = app.diff_bookings()
        ctx.expect(not diff, f"when the vendor was well again: {diff}")

    return run_check


PARTIAL: Final = (
    _partial("unknown_state", "With an unknown state the run is PARTIAL", FaultKind.UNKNOWN_STATE),
    _partial("wrong_type", "With a wrong type the run is PARTIAL", FaultKind.WRONG_TYPES),
    _partial("missing_field", "With a missing field the run is PARTIAL", FaultKind.MISSING_FIELD),
)


def _failed(name: str, title: str, kind: FaultKind) -> Check:
    @check(f"failed.{name}", title, Requirement.PULLS)
    def run_check(ctx: CheckContext) -> None:
        app = ctx.app(SimulatorOptions(bookings=FEW))
        app.first_sync()
        before = app.bookings()
        for sync_kind in (SyncKind.RECONCILE, SyncKind.FULL):
            app.adapter.inject(Fault(kind, seconds=0.01))
            run = app.sync(sync_kind)
            app.adapter.simulator.faults.clear()
            ctx.expect(
                run.status is SyncStatus.FAILED, f"a {sync_kind} ended as {describe_run(run)}"
            )
            ctx.expect(run.error_code, "the run tells no code")
            app.adapter.clock.advance(timedelta(hours=2))
        ctx.expect(app.bookings() == before, "a run that failed changed bookings")
        app.sync_or_fail(SyncKind.RECONCILE)
        diff = app.diff_bookings()
        ctx.expect(not diff, f"when the vendor was well again: {diff}")

    return run_check


FAILED: Final = (
    _failed("500", "Under 500 a run FAILS, changes nothing and heals", FaultKind.SERVER_ERROR),
    _failed("html", "Under web pages a run FAILS, changes nothing and heals", FaultKind.HTML),
    _failed(
        "truncated", "Under halves a run FAILS, changes nothing and heals", FaultKind.TRUNCATED
    ),
    _failed(
        "dropped", "Under dropped lines a run FAILS, changes nothing and heals", FaultKind.STALL
    ),
)


@check(
    "failed.401",
    "Refused credentials stop the connection until a person resumes it",
    Requirement.PULLS,
)
def stopped(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=FEW))
    app.first_sync()
    app.adapter.inject(Fault(FaultKind.UNAUTHORIZED), anywhere=True)
    run = app.sync(SyncKind.DELTA)
    ctx.expect(run.status is SyncStatus.FAILED, f"the run ended as {describe_run(run)}")
    state = app.load_connection().state
    ctx.expect(state is ConnectionState.STOPPED, f"the connection is {state}")


@check("life.follows", "Days of a hotel's life, by deltas and one reconcile", Requirement.PULLS)
def follows(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=SOME))
    app.first_sync()
    for _ in range(_DAYS):
        app.adapter.simulator.advance(days=1, events=_EVENTS)
        app.sync_or_fail(SyncKind.DELTA)
    _expect_converged(ctx, app)


@check("life.bad_network", "The same through a bad network", Requirement.PULLS)
def bad_network(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=SOME))
    app.first_sync()
    for fault in _RATES:
        app.adapter.inject(fault, anywhere=True)
    for _ in range(_DAYS):
        app.adapter.simulator.advance(days=1, events=_EVENTS)
        run = _sync_until_not_failed(app)
        ctx.expect(run.status is SyncStatus.COMPLETED, f"a delta ended as {describe_run(run)}")
    ctx.expect(app.adapter.injected, "no fault struck")
    app.adapter.simulator.faults.clear()
    _expect_converged(ctx, app)


@check("life.clock_back", "The hotel's clock goes back by an hour", Requirement.PULLS)
def clock_back(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=FEW))
    app.first_sync()
    app.adapter.inject(Fault(FaultKind.CLOCK_BACK, times=1, seconds=3_600))
    app.sync_or_fail(SyncKind.DELTA)
    ctx.expect(app.adapter.injected, "the call that lists bookings was never made")
    for act in (ScenarioAction.AMEND, ScenarioAction.BOOK, ScenarioAction.CANCEL):
        app.adapter.simulator.act(act)
    app.sync_or_fail(SyncKind.DELTA)
    _expect_converged(ctx, app)


@check(
    "life.hidden", "A change without a new time stamp is found by the reconcile", Requirement.PULLS
)
def hidden(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=FEW))
    app.first_sync()
    app.adapter.inject(Fault(FaultKind.HIDDEN_UPDATE, times=3))
    app.sync_or_fail(SyncKind.DELTA)
    ctx.expect(app.adapter.injected, "the call that lists bookings was never made")
    app.adapter.simulator.faults.clear()
    _expect_converged(ctx, app)


@check(
    "life.lost_notifications",
    "Notifications that never came are made good by the reconcile",
    Requirement.PULLS,
)
def lost_notifications(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=FEW))
    app.first_sync()
    for act in ScenarioAction:
        app.adapter.prepare(act)
        app.adapter.simulator.act(act)
        app.adapter.simulator.messages()
    _expect_converged(ctx, app)


def _expect_converged(ctx: CheckContext, app: AppHarness) -> None:
    """A reconcile sees its window: what is outside comes with a full sync."""
    app.sync_or_fail(SyncKind.DELTA)
    app.sync_or_fail(SyncKind.RECONCILE)
    report = app.verify()
    ctx.expect(report.drift == 0, f"drift {report.drift}: {'; '.join(report.examples[:2])}")
    diff = app.diff_bookings()
    ctx.expect(not diff, diff)


def _sync_until_not_failed(app: AppHarness) -> SyncRun:
    """As the schedule asks for it again; a PARTIAL run is no failure that passes."""
    run = app.sync(SyncKind.DELTA)
    for _ in range(_MAX_RUNS):
        if run.status is not SyncStatus.FAILED:
            break
        app.adapter.clock.advance(timedelta(hours=2))
        run = app.sync(SyncKind.DELTA)
    return run
