"""Pages: none, one, full, ties at an end, and items that move while they are paged."""

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.outbound.provider_kit.simulation.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import Act, Bursting
from domain.snapshots import BookingSnapshot
from domain.sync import SyncKind
from entrypoints.certification.check import Need, check
from entrypoints.certification.endings import NotApplicable
from entrypoints.certification.scene import Scene
from entrypoints.certification.visit import Pulled, Visit
from ports.providers import Page, ReadItem

_NOBODY = SimulatorOptions(bookings=0)
_MOVES = 3


@check("paging.empty", "A hotel without a booking is read to its end", Need.PULLS)
def empty(scene: Scene) -> None:
    visit = scene.visit(_NOBODY).whole()
    pulled = visit.pull()
    scene.expect(not pulled.bookings, "bookings of a hotel that has none")
    scene.expect(pulled.cursor, "no cursor at the end: the next delta would have no beginning")


@check("paging.one", "A single booking", Need.PULLS)
def one(scene: Scene) -> None:
    _all_of(scene, _grown(scene, scene.visit(_NOBODY).whole(), 1))


@check("paging.delta_exactly_full", "Exactly a page of changes since the cursor", Need.PULLS)
def delta_exactly_full(scene: Scene) -> None:
    """Before any full pull: what was handed out once some vendors hand out no more."""
    growing = _page_and(scene, 0)
    pulled = growing.visit.pull(SyncKind.DELTA, cursor=growing.cursor)
    unlike = growing.visit.unlike(pulled.bookings)
    scene.expect(not unlike, unlike)


@check("paging.exactly_full", "Exactly as many as a page holds", Need.PULLS)
def exactly_full(scene: Scene) -> None:
    _all_of(scene, _page_and(scene, 0).visit)


@check("paging.one_more", "One more than a page holds", Need.PULLS)
def one_more(scene: Scene) -> None:
    _all_of(scene, _page_and(scene, 1).visit)


@check("paging.ties", "More changes of one instant than a page holds", Need.PULLS)
def ties(scene: Scene) -> None:
    visit = scene.visit(_NOBODY).whole()
    simulator = visit.simulator
    if not isinstance(simulator, Bursting):
        raise NotApplicable("its simulator can't do many things at one instant")
    cursor = visit.pull().cursor
    simulator.burst(simulator.page_size + 3)
    unlike = visit.unlike(visit.pull(SyncKind.DELTA, cursor=cursor).bookings)
    scene.expect(len(visit.truth()) > simulator.page_size, "the burst was too small")
    scene.expect(not unlike, f"in the delta: {unlike}")
    unlike = visit.unlike(visit.pull().bookings)
    scene.expect(not unlike, f"in the full pull: {unlike}")


@check("paging.moving", "What moves to another page while it is paged is not lost", Need.PULLS)
def moving(scene: Scene) -> None:
    visit = _page_and(scene, 1).visit
    visit.strike(Fault(FaultKind.MOVING_ITEMS, times=_MOVES))
    first = visit.pull()
    visit.simulator.faults.clear()
    after = visit.pull(SyncKind.DELTA, cursor=first.cursor)
    unlike = visit.unlike({**first.bookings, **after.bookings})
    scene.expect(visit.struck, "the call that lists bookings was never made")
    scene.expect(not unlike, unlike)


@check("paging.lazy", "The next page is asked for when the last was taken", Need.PULLS)
def lazy(scene: Scene) -> None:
    visit = _page_and(scene, 1).visit
    with visit.client() as client:
        pages = client.pull(visit.request())
        for page in pages:
            if _of_bookings([page]):
                break
        asked = sum(visit.simulator.requests_served.values())
        rest = list(pages)
    more = sum(visit.simulator.requests_served.values()) - asked
    scene.expect(_of_bookings(rest), "all bookings in one page, of a hotel with more than a page")
    scene.expect(more, "everything was asked before the first page was given out")


@check("paging.resume", "A pull goes on from the checkpoint of the last page stored", Need.PULLS)
def resume(scene: Scene) -> None:
    visit = _page_and(scene, 1).visit
    stored = list(_until_bookings(visit))
    checkpoint = next((page.checkpoint for page in reversed(stored) if page.checkpoint), None)
    rest = visit.pull(checkpoint=checkpoint)
    unlike = visit.unlike({**Pulled(stored).bookings, **rest.bookings})
    scene.expect(not unlike, unlike)
    scene.expect(rest.cursor, "no cursor at the end of the run that went on")


@check("paging.cursor_last", "The cursor comes with the last page, not before", Need.PULLS)
def cursor_last(scene: Scene) -> None:
    visit = scene.visit()
    pulled = visit.pull()
    early = [page for page in pulled.pages[:-1] if page.cursor is not None]
    scene.expect(pulled.pages and pulled.pages[-1].cursor, "the last page has no cursor")
    scene.expect(not early, f"{len(early)} pages before the last have a cursor")


def _of_bookings(pages: list[Page]) -> list[ReadItem]:
    items = [item for page in pages for item in page.items]
    return [item for item in items if isinstance(item.snapshot, BookingSnapshot)]


def _until_bookings(visit: Visit) -> Iterator[Page]:
    """Up to the first page that has bookings: then the worker dies."""
    with visit.client() as client:
        for page in client.pull(visit.request()):
            yield page
            if _of_bookings([page]):
                return


@dataclass(frozen=True, slots=True)
class Growing:
    """A hotel that all of these checks share; `cursor`: of when it was empty."""

    visit: Visit
    cursor: str | None


def _page_and(scene: Scene, more: int) -> Growing:
    """With a page of bookings and so many more; it does not shrink again."""

    def made() -> Growing:
        visit = scene.shared_visit("growing", _NOBODY).whole()
        return Growing(visit, visit.pull().cursor)

    growing = scene.once("growing", made)
    _grown(scene, growing.visit, growing.visit.simulator.page_size + more)
    return growing


def _grown(scene: Scene, visit: Visit, wanted: int) -> Visit:
    """A hotel with exactly so many bookings. One that is booked may be of several rooms, which
    count each at some vendors: then some of them go again."""
    while (left := wanted - len(visit.truth())) > 0:
        for _ in range(max(1, left // 4)):
            booked = visit.simulator.act(Act.BOOK)
            scene.skip_unless(booked, "its simulator does not book on demand")
    while len(visit.truth()) > wanted:
        gone = visit.simulator.act(Act.DELETE)
        scene.skip_unless(gone, "its simulator can't be brought to exactly so many bookings")
    return visit


def _all_of(scene: Scene, visit: Visit) -> None:
    pulled = visit.pull()
    unlike = visit.unlike(pulled.bookings)
    scene.expect(not unlike, unlike)
    scene.expect(pulled.cursor, "no cursor at the end")
