"""Asking by id: what a webhook named, and what a reconcile missed."""

from typing import Final

from adapters.outbound.provider_kit.simulation.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import Act
from entrypoints.certification.check import Need, check
from entrypoints.certification.scene import SOME, Scene
from entrypoints.certification.visit import differences, met, named, seen_in
from ports.errors import ProviderError

_MANY: Final = 25


@check("fetch.current", "A booking asked for by id is as it is now", Need.FETCHES)
def current(scene: Scene) -> None:
    visit = scene.visit()
    visit.prepare(Act.CANCEL)
    canceled = visit.simulator.act(Act.CANCEL)
    asked = [canceled] if canceled else sorted(visit.truth())[:1]
    found = visit.fetch(*asked).bookings
    truth = {id_: true for id_, true in visit.truth().items() if id_ in asked}
    unlike = differences(truth, seen_in(found))
    scene.expect(truth, "the simulated hotel is empty")
    scene.expect(not unlike, unlike)


@check("fetch.many", "Many at once, each as it is", Need.FETCHES)
def many(scene: Scene) -> None:
    visit = scene.visit(SimulatorOptions(bookings=SOME))
    truth = dict(sorted(visit.truth().items())[:_MANY])
    unlike = differences(truth, seen_in(visit.fetch(*truth).bookings))
    scene.expect(truth, "the simulated hotel is empty")
    scene.expect(not unlike, unlike)


@check("fetch.twice_named", "One that is named twice comes once", Need.FETCHES)
def twice_named(scene: Scene) -> None:
    visit = scene.visit()
    id_ = min(visit.truth())
    found = [item.external_id for item in visit.fetch(id_, id_, id_).items]
    scene.expect(found.count(id_) == 1, f"it came {found.count(id_)} times")


@check("fetch.unknown", "What is not there (404) is left out, and is no error", Need.FETCHES)
def unknown(scene: Scene) -> None:
    visit = scene.visit()
    there = sorted(visit.truth())[:2]
    absent = _altered(there[0])
    found = visit.fetch(there[0], absent, there[1])
    scene.expect(set(found.bookings) == set(there), f"came: {sorted(found.bookings)}")
    scene.expect(not found.refused, "what is not there was refused, not left out")


@check(
    "fetch.deleted", "A booking that was deleted is not there any more", Need.FETCHES, Need.DELETION
)
def deleted(scene: Scene) -> None:
    visit = scene.visit()
    visit.prepare(Act.DELETE)
    gone = visit.simulator.act(Act.DELETE)
    scene.skip_unless(gone, "nothing is ever deleted at this vendor's simulator")
    scene.expect(gone not in visit.fetch(gone or "").bookings, f"{gone} was deleted and is told")


@check("fetch.failure", "A fetch that fails is an error, not a booking that is gone", Need.FETCHES)
def failure(scene: Scene) -> None:
    for kind in (FaultKind.SERVER_ERROR, FaultKind.HTML, FaultKind.FORBIDDEN):
        visit = scene.visit()
        id_ = min(visit.truth())
        with visit.client() as client:
            client.check()
            visit.strike(Fault(kind), anywhere=True)
            ended = met(lambda visit=visit, id_=id_: visit.fetch(id_))  # type: ignore[misc]  # bound at once
        scene.expect(isinstance(ended, ProviderError), f"{kind}: {named(ended)}")


def _altered(id_: str) -> str:
    """An id of the same shape that nothing has: its last digits and letters are others."""
    turned = str.maketrans("0123456789abcdefABCDEFGHJK", "9876543210fedcbaKJHGFEDCBA")
    return id_.translate(turned)
