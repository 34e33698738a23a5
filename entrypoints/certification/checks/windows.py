"""What a pull has to bring: a window of stays, or what changed since the cursor."""

from collections.abc import Iterator
from datetime import timedelta

from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import Act, TrueBooking
from domain.errors import PmsError
from domain.sync import SyncKind
from domain.values import Stay
from entrypoints.certification.check import Need, check
from entrypoints.certification.scene import SOME, Scene
from entrypoints.certification.visit import Visit, differences, seen_in
from ports.errors import ProviderError

_NIGHT = timedelta(days=1)
_LOOKED_AT = 4
_CHANGES = (Act.AMEND, Act.BOOK, Act.CANCEL, Act.BOOK, Act.AMEND, Act.CHECK_IN)


@check("window.whole_hotel", "A wide window brings every booking as it is", Need.PULLS)
def whole_hotel(scene: Scene) -> None:
    visit = scene.visit(SimulatorOptions(bookings=SOME)).whole()
    unlike = visit.unlike(visit.pull().bookings)
    scene.expect(visit.truth(), "the simulated hotel is empty")
    scene.expect(not unlike, unlike)


@check("window.first_night", "A window of a stay's first night brings it", Need.PULLS)
def first_night(scene: Scene) -> None:
    visit = scene.visit(SimulatorOptions(bookings=SOME))
    for true in _stays(visit):
        _brings(scene, visit, true, Stay(true.arrival, true.arrival + _NIGHT))


@check("window.last_night", "A window of a stay's last night brings it", Need.PULLS)
def last_night(scene: Scene) -> None:
    visit = scene.visit(SimulatorOptions(bookings=SOME))
    for true in _stays(visit):
        _brings(scene, visit, true, Stay(true.departure - _NIGHT, true.departure))


@check("window.within", "A window inside a long stay brings it", Need.PULLS)
def within(scene: Scene) -> None:
    visit = scene.visit(SimulatorOptions(bookings=SOME))
    long = [true for true in _stays(visit, least=3)]
    scene.skip_unless(long, "the simulated hotel has no stay of three nights")
    for true in long:
        _brings(scene, visit, true, Stay(true.arrival + _NIGHT, true.arrival + 2 * _NIGHT))


@check("window.day_use", "A stay without a night is brought by its day", Need.PULLS)
def day_use(scene: Scene) -> None:
    scene.skip_unless(scene.capabilities.day_use, "it declares that it has no day use")
    visit = scene.visit(SimulatorOptions(bookings=120))
    found = [true for true in visit.truth().values() if true.arrival == true.departure]
    scene.skip_unless(found, "the simulated hotel has no day use")
    for true in found[:_LOOKED_AT]:
        _brings(scene, visit, true, Stay(true.arrival, true.arrival + _NIGHT))


@check("delta.small", "A delta of a quiet hotel is not the whole hotel again", Need.PULLS)
def small(scene: Scene) -> None:
    visit = scene.visit(SimulatorOptions(bookings=SOME))
    cursor = visit.pull().cursor
    quiet = visit.pull(SyncKind.DELTA, cursor=cursor).bookings
    scene.expect(
        2 * len(quiet) < len(visit.truth()),
        f"{len(quiet)} of {len(visit.truth())} bookings although nothing happened",
    )


@check("delta.chain", "Of many changes between many deltas none is lost", Need.PULLS)
def chain(scene: Scene) -> None:
    visit = scene.visit(SimulatorOptions(bookings=SOME))
    pulled = visit.pull()
    known = pulled.bookings
    for act in _CHANGES:
        if (changed := visit.simulator.act(act)) is None:
            continue
        pulled = visit.pull(SyncKind.DELTA, cursor=pulled.cursor)
        scene.expect(changed in pulled.bookings, f"{act} of {changed} is not in the next delta")
        known |= pulled.bookings
    unlike = visit.unlike(known)
    scene.expect(not unlike, unlike)


@check("delta.after_days", "A delta after some days brings all that happened", Need.PULLS)
def after_days(scene: Scene) -> None:
    visit = scene.visit(SimulatorOptions(bookings=SOME))
    before = visit.truth()
    first = visit.pull()
    visit.simulator.advance(days=3)
    later = visit.pull(SyncKind.DELTA, cursor=first.cursor).bookings
    truth = visit.truth()
    changed = {id_: true for id_, true in truth.items() if before.get(id_) != true}
    scene.expect(changed, "nothing happened in three days of the simulated hotel")
    seen = seen_in({id_: said for id_, said in later.items() if id_ in changed})
    unlike = differences(changed, seen)
    scene.expect(not unlike, unlike)


@check("delta.first", "A delta without a cursor brings everything", Need.PULLS)
def first_delta(scene: Scene) -> None:
    visit = scene.visit()
    pulled = visit.pull(SyncKind.DELTA, cursor=None)
    unlike = visit.unlike(pulled.bookings)
    scene.expect(not unlike, unlike)


@check(
    "delta.foreign_cursor", "A cursor that is none of its own is no crash and no gap", Need.PULLS
)
def foreign_cursor(scene: Scene) -> None:
    visit = scene.visit()
    try:
        pulled = visit.pull(SyncKind.DELTA, cursor="{no cursor of yours}")
    except PmsError as error:
        is_told = isinstance(error, ProviderError)
        scene.expect(is_told, f"{type(error).__name__} is none of the provider errors")
        return
    unlike = visit.unlike(pulled.bookings)
    scene.expect(not unlike, f"came through and left out: {unlike}")


def _stays(visit: Visit, least: int = 1) -> Iterator[TrueBooking]:
    found = [
        true
        for true in sorted(visit.truth().values(), key=lambda true: true.external_id)
        if (true.departure - true.arrival).days >= least
    ]
    yield from found[:_LOOKED_AT]


def _brings(scene: Scene, visit: Visit, true: TrueBooking, window: Stay) -> None:
    found = visit.pull(SyncKind.RECONCILE, window=window).bookings
    scene.expect(
        true.external_id in found,
        f"[{window.arrival}, {window.departure}) does not bring {true.external_id}, "
        f"which is there from {true.arrival} to {true.departure}",
    )
