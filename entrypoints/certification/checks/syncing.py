"""Syncs of the whole application: what is stored, what is told, and how a run ends."""

from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import Act
from domain.sync import ConnectionState, SyncKind, SyncRun, SyncStatus
from entrypoints.certification.check import Check, Need, check
from entrypoints.certification.checks.hearing import acted, expect_gone, expect_true
from entrypoints.certification.house import House, told
from entrypoints.certification.scene import FEW, SOME, Scene

_RATES: Final = (
    Fault(FaultKind.TOO_MANY_REQUESTS, probability=0.05),
    Fault(FaultKind.SERVER_ERROR, probability=0.04),
    Fault(FaultKind.UNAVAILABLE, probability=0.04, retry_after="missing"),
    Fault(FaultKind.TRUNCATED, probability=0.04),
    Fault(FaultKind.MOVING_ITEMS, probability=0.1),
)
_DAYS: Final = 5
_EVENTS: Final = 8
_MOST_RUNS: Final = 25


@check("sync.first", "After the first sync our picture is the hotel's", Need.PULLS)
def first(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=SOME))
    run = house.first_sync()
    unlike = house.differences()
    scene.expect(run.counts.created, "nothing was stored")
    scene.expect(not unlike, unlike)


@check("sync.second", "A second full sync of a quiet hotel writes and tells nothing", Need.PULLS)
def second(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=FEW))
    house.first_sync()
    before = house.bookings()
    events = len(house.events())
    run = house.synced(SyncKind.FULL)
    counts = (run.counts.created, run.counts.updated)
    scene.expect(counts == (0, 0), f"{counts[0]} created and {counts[1]} updated")
    scene.expect(house.bookings() == before, "a booking was written again")
    scene.expect(len(house.events()) == events + 1, "more was told than that the run is over")


@check("sync.verified", "The comparison with the provider finds no drift", Need.PULLS)
def verified(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=FEW))
    house.first_sync()
    report = house.verify()
    scene.expect(report.compared, "nothing was compared")
    scene.expect(report.drift == 0, f"drift {report.drift}: {'; '.join(report.examples[:2])}")


def _pulled(act: Act) -> Check:
    @check(f"synced.{act}", f"{act}: the next sync brings it without a notification", Need.PULLS)
    def look(scene: Scene) -> None:
        house = scene.shared_house("synced")
        house.visit.prepare(act)
        house.sync()
        done, _ = acted(scene, house, act)
        before = house.bookings().get(done)
        house.synced(SyncKind.DELTA)
        if act is Act.DELETE:
            scene.skip_unless(scene.capabilities.tells_deletion, "it does not tell deletions")
            house.synced(SyncKind.RECONCILE)
            expect_gone(scene, house, done, before)
        else:
            expect_true(scene, house, done)

    return look


PULLED: Final = tuple(_pulled(act) for act in Act)


def _partial(name: str, title: str, kind: FaultKind) -> Check:
    @check(f"partial.{name}", title, Need.PULLS)
    def look(scene: Scene) -> None:
        house = scene.house(SimulatorOptions(bookings=FEW))
        house.visit.strike(Fault(kind))
        run = house.sync(SyncKind.FULL)
        scene.expect(run.status is SyncStatus.PARTIAL, f"the run ended as {told(run)}")
        scene.expect(house.quarantined(), "nothing is in quarantine")
        scene.expect(house.bookings(), "no other booking came in")
        house.visit.simulator.faults.clear()
        house.synced(SyncKind.RECONCILE)
        house.synced(SyncKind.FULL)
        unlike = house.differences()
        scene.expect(not unlike, f"when the vendor was well again: {unlike}")

    return look


PARTIAL: Final = (
    _partial("unknown_state", "With an unknown state the run is PARTIAL", FaultKind.UNKNOWN_STATE),
    _partial("wrong_type", "With a wrong type the run is PARTIAL", FaultKind.WRONG_TYPES),
    _partial("missing_field", "With a missing field the run is PARTIAL", FaultKind.MISSING_FIELD),
)


def _failed(name: str, title: str, kind: FaultKind) -> Check:
    @check(f"failed.{name}", title, Need.PULLS)
    def look(scene: Scene) -> None:
        house = scene.house(SimulatorOptions(bookings=FEW))
        house.first_sync()
        before = house.bookings()
        for sync_kind in (SyncKind.RECONCILE, SyncKind.FULL):
            house.visit.strike(Fault(kind, seconds=0.01))
            run = house.sync(sync_kind)
            house.visit.simulator.faults.clear()
            scene.expect(run.status is SyncStatus.FAILED, f"a {sync_kind} ended as {told(run)}")
            scene.expect(run.error_code, "the run tells no code")
            house.visit.clock.advance(timedelta(hours=2))
        scene.expect(house.bookings() == before, "a run that failed changed bookings")
        house.synced(SyncKind.RECONCILE)
        unlike = house.differences()
        scene.expect(not unlike, f"when the vendor was well again: {unlike}")

    return look


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
    "failed.401", "Refused credentials stop the connection until a person resumes it", Need.PULLS
)
def stopped(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=FEW))
    house.first_sync()
    house.visit.strike(Fault(FaultKind.UNAUTHORIZED), anywhere=True)
    run = house.sync(SyncKind.DELTA)
    scene.expect(run.status is SyncStatus.FAILED, f"the run ended as {told(run)}")
    state = house.stored().state
    scene.expect(state is ConnectionState.STOPPED, f"the connection is {state}")


@check("life.follows", "Days of a hotel's life, by deltas and one reconcile", Need.PULLS)
def follows(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=SOME))
    house.first_sync()
    for _ in range(_DAYS):
        house.visit.simulator.advance(days=1, events=_EVENTS)
        house.synced(SyncKind.DELTA)
    _expect_converged(scene, house)


@check("life.bad_network", "The same through a bad network", Need.PULLS)
def bad_network(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=SOME))
    house.first_sync()
    for fault in _RATES:
        house.visit.strike(fault, anywhere=True)
    for _ in range(_DAYS):
        house.visit.simulator.advance(days=1, events=_EVENTS)
        run = _until_through(house)
        scene.expect(run.status is SyncStatus.COMPLETED, f"a delta ended as {told(run)}")
    scene.expect(house.visit.struck, "no fault struck")
    house.visit.simulator.faults.clear()
    _expect_converged(scene, house)


@check("life.clock_back", "The hotel's clock goes back by an hour", Need.PULLS)
def clock_back(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=FEW))
    house.first_sync()
    house.visit.strike(Fault(FaultKind.CLOCK_BACK, times=1, seconds=3_600))
    house.synced(SyncKind.DELTA)
    scene.expect(house.visit.struck, "the call that lists bookings was never made")
    for act in (Act.AMEND, Act.BOOK, Act.CANCEL):
        house.visit.simulator.act(act)
    house.synced(SyncKind.DELTA)
    _expect_converged(scene, house)


@check("life.hidden", "A change without a new time stamp is found by the reconcile", Need.PULLS)
def hidden(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=FEW))
    house.first_sync()
    house.visit.strike(Fault(FaultKind.HIDDEN_UPDATE, times=3))
    house.synced(SyncKind.DELTA)
    scene.expect(house.visit.struck, "the call that lists bookings was never made")
    house.visit.simulator.faults.clear()
    _expect_converged(scene, house)


@check(
    "life.lost_notifications",
    "Notifications that never came are made good by the reconcile",
    Need.PULLS,
)
def lost_notifications(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=FEW))
    house.first_sync()
    for act in Act:
        house.visit.prepare(act)
        house.visit.simulator.act(act)
        house.visit.simulator.messages()
    _expect_converged(scene, house)


def _expect_converged(scene: Scene, house: House) -> None:
    """A reconcile sees its window: what is outside comes with a full sync."""
    house.synced(SyncKind.DELTA)
    house.synced(SyncKind.RECONCILE)
    report = house.verify()
    scene.expect(report.drift == 0, f"drift {report.drift}: {'; '.join(report.examples[:2])}")
    unlike = house.differences()
    scene.expect(not unlike, unlike)


def _until_through(house: House) -> SyncRun:
    """As the schedule asks for it again; a PARTIAL run is no failure that passes."""
    run = house.sync(SyncKind.DELTA)
    for _ in range(_MOST_RUNS):
        if run.status is not SyncStatus.FAILED:
            break
        house.visit.clock.advance(timedelta(hours=2))
        run = house.sync(SyncKind.DELTA)
    return run
