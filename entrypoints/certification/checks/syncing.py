"""Syncs of the application: stored bookings, published events, and the status of a run."""

from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from domain.connection import ConnectionState
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from entrypoints.certification.app_harness import AppHarness, describe_run
from entrypoints.certification.check import pull_check, pull_check_for_each
from entrypoints.certification.check_context import SOME, CheckContext
from entrypoints.certification.checks.webhooks import expect_stored, perform_and_collect

_BAD_NETWORK: Final = (
    Fault(FaultKind.TOO_MANY_REQUESTS, probability=0.05),
    Fault(FaultKind.SERVER_ERROR, probability=0.04),
    Fault(FaultKind.UNAVAILABLE, probability=0.04, retry_after="missing"),
    Fault(FaultKind.TRUNCATED, probability=0.04),
    Fault(FaultKind.MOVING_ITEMS, probability=0.1),
)
_DAYS: Final = 5
_EVENTS: Final = 8
_MAX_RUNS: Final = 25


@pull_check("sync.first", "The first sync stores every booking correctly")
def first_sync(ctx: CheckContext) -> None:
    app = ctx.app(SOME)
    run = app.sync_or_fail(SyncKind.FULL)
    ctx.expect(run.counts.created, "nothing was stored")
    ctx.expect_no_difference(app.diff_bookings())


@pull_check("sync.second", "A second full sync without changes writes and publishes nothing")
def second_sync(ctx: CheckContext) -> None:
    app = ctx.synced_app()
    before = app.bookings()
    events = len(app.events())
    counts = app.sync_or_fail(SyncKind.FULL).counts
    ctx.expect(
        counts.created == counts.updated == 0,
        f"{counts.created} created and {counts.updated} updated",
    )
    ctx.expect(app.bookings() == before, "a booking was written again")
    ctx.expect(len(app.events()) == events + 1, "more than the end of the run was published")


@pull_check("sync.verified", "Verification finds no drift after a sync")
def verified_sync(ctx: CheckContext) -> None:
    app = ctx.synced_app()
    ctx.expect(_expect_no_drift(ctx, app), "nothing was compared")


@pull_check_for_each(
    "synced",
    *(
        (action.value, f"{action}: the next sync stores it without a notification", action)
        for action in ScenarioAction
    ),
)
def synced_change(ctx: CheckContext, action: ScenarioAction) -> None:
    app = ctx.shared_app("synced")
    app.adapter.prepare(action)
    app.sync()
    external_id, _ = perform_and_collect(ctx, app, action)
    before = app.bookings().get(external_id)
    app.sync_or_fail(SyncKind.DELTA)
    if action is ScenarioAction.PAY and not ctx.capabilities.delta_reports_payments:
        app.sync_or_fail(SyncKind.RECONCILE)
    if action is ScenarioAction.DELETE:
        ctx.require_or_skip(
            ctx.capabilities.reports_deletions, "the provider does not report deletions"
        )
        app.sync_or_fail(SyncKind.RECONCILE)
    expect_stored(ctx, app, action, external_id, before)


@pull_check_for_each(
    "partial",
    ("unknown_state", "An unknown state ends the run as PARTIAL", FaultKind.UNKNOWN_STATE),
    ("wrong_type", "A value of the wrong type ends the run as PARTIAL", FaultKind.WRONG_TYPES),
    ("missing_field", "A missing required field ends the run as PARTIAL", FaultKind.MISSING_FIELD),
)
def partial_run(ctx: CheckContext, kind: FaultKind) -> None:
    app = ctx.app()
    app.adapter.inject(Fault(kind))
    run = app.sync(SyncKind.FULL)
    ctx.expect(run.status is SyncStatus.PARTIAL, f"the run ended as {describe_run(run)}")
    ctx.expect(app.quarantined(), "nothing is in quarantine")
    ctx.expect(app.bookings(), "no other booking was stored")
    app.adapter.simulator.faults.clear()
    app.sync_or_fail(SyncKind.RECONCILE)
    app.sync_or_fail(SyncKind.FULL)
    ctx.expect_no_difference(app.diff_bookings(), "after the fault")


@pull_check_for_each(
    "failed",
    *(
        (id_, f"{cause}: the run FAILS, changes nothing, and the next one recovers", kind)
        for id_, cause, kind in (
            ("500", "500", FaultKind.SERVER_ERROR),
            ("html", "HTML pages as answers", FaultKind.HTML),
            ("truncated", "Truncated answers", FaultKind.TRUNCATED),
            ("dropped", "Dropped connections", FaultKind.STALL),
        )
    ),
)
def failed_run(ctx: CheckContext, kind: FaultKind) -> None:
    app = ctx.synced_app()
    before = app.bookings()
    for sync_kind in (SyncKind.RECONCILE, SyncKind.FULL):
        app.adapter.inject(Fault(kind, seconds=0.01))
        run = app.sync(sync_kind)
        app.adapter.simulator.faults.clear()
        is_failed = run.status is SyncStatus.FAILED
        ctx.expect(is_failed, f"a {sync_kind} sync ended as {describe_run(run)}")
        ctx.expect(run.error_code, "the run has no error code")
        app.adapter.clock.advance(timedelta(hours=2))
    ctx.expect(app.bookings() == before, "a failed run changed bookings")
    app.sync_or_fail(SyncKind.RECONCILE)
    ctx.expect_no_difference(app.diff_bookings(), "after the fault")


@pull_check("failed.401", "Refused credentials stop the connection until an operator resumes it")
def refused_credentials(ctx: CheckContext) -> None:
    app = ctx.synced_app()
    app.adapter.inject(Fault(FaultKind.UNAUTHORIZED), anywhere=True)
    run = app.sync(SyncKind.DELTA)
    ctx.expect(run.status is SyncStatus.FAILED, f"the run ended as {describe_run(run)}")
    state = app.load_connection().state
    ctx.expect(state is ConnectionState.STOPPED, f"the connection is {state}")


@pull_check("activity.follows", "Deltas and one reconcile follow several days of activity")
def days_of_activity(ctx: CheckContext) -> None:
    app = ctx.synced_app(SOME)
    for _ in range(_DAYS):
        app.adapter.simulator.advance(days=1, events=_EVENTS)
        app.sync_or_fail(SyncKind.DELTA)
    _expect_converged(ctx, app)


@pull_check("activity.bad_network", "They do so over an unreliable network")
def bad_network(ctx: CheckContext) -> None:
    app = ctx.synced_app(SOME)
    for fault in _BAD_NETWORK:
        app.adapter.inject(fault, anywhere=True)
    for _ in range(_DAYS):
        app.adapter.simulator.advance(days=1, events=_EVENTS)
        run = _sync_until_not_failed(app)
        ctx.expect(run.status is SyncStatus.COMPLETED, f"a delta ended as {describe_run(run)}")
    ctx.expect(app.adapter.injected, "no fault was injected")
    app.adapter.simulator.faults.clear()
    _expect_converged(ctx, app)


@pull_check("activity.clock_back", "Changes are found although the hotel's clock goes back an hour")
def clock_back(ctx: CheckContext) -> None:
    app = ctx.synced_app()
    app.adapter.inject(Fault(FaultKind.CLOCK_BACK, times=1, seconds=3_600))
    app.sync_or_fail(SyncKind.DELTA)
    ctx.expect_injected(app.adapter)
    app.adapter.perform(ScenarioAction.AMEND, ScenarioAction.BOOK, ScenarioAction.CANCEL)
    app.sync_or_fail(SyncKind.DELTA)
    _expect_converged(ctx, app)


@pull_check("activity.hidden_update", "A reconcile finds a change that has no new time stamp")
def hidden_update(ctx: CheckContext) -> None:
    app = ctx.synced_app()
    app.adapter.inject(Fault(FaultKind.HIDDEN_UPDATE, times=3))
    app.sync_or_fail(SyncKind.DELTA)
    ctx.expect_injected(app.adapter)
    app.adapter.simulator.faults.clear()
    _expect_converged(ctx, app)


@pull_check("activity.lost_notifications", "A reconcile makes up for lost notifications")
def lost_notifications(ctx: CheckContext) -> None:
    app = ctx.synced_app()
    for action in ScenarioAction:
        app.adapter.prepare(action)
        app.adapter.perform(action)
        app.adapter.simulator.messages()
    _expect_converged(ctx, app)


def _expect_converged(ctx: CheckContext, app: AppHarness) -> None:
    app.sync_or_fail(SyncKind.DELTA)
    app.sync_or_fail(SyncKind.RECONCILE)
    _expect_no_drift(ctx, app)
    ctx.expect_no_difference(app.diff_bookings())


def _expect_no_drift(ctx: CheckContext, app: AppHarness) -> int:
    """The number of compared bookings."""
    report = app.verify()
    ctx.expect(report.drift == 0, f"drift {report.drift}: {'; '.join(report.examples[:2])}")
    return report.compared


def _sync_until_not_failed(app: AppHarness) -> SyncRun:
    """Repeats a FAILED delta as the schedule does; a PARTIAL run is returned."""
    for _ in range(_MAX_RUNS):
        run = app.sync(SyncKind.DELTA)
        if run.status is not SyncStatus.FAILED:
            return run
        app.adapter.clock.advance(timedelta(hours=2))
    return app.sync(SyncKind.DELTA)
