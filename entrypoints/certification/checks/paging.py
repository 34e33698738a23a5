"""Pages: none, one, full, ties at an end, and items that move while they are paged."""

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction, SupportsBurst
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.snapshots import BookingSnapshot
from domain.sync_run import SyncKind
from entrypoints.certification.adapter_harness import AdapterHarness, PullResult
from entrypoints.certification.check import Requirement, check
from entrypoints.certification.check_context import CheckContext
from entrypoints.certification.outcomes import CheckNotApplicable
from ports.providers import Page, ReadItem

_EMPTY_HOTEL = SimulatorOptions(bookings=0)
_MOVES = 3


@check("paging.empty", "A hotel without a booking is read to its end", Requirement.PULLS)
def empty(ctx: CheckContext) -> None:
    adapter = ctx.adapter(_EMPTY_HOTEL).with_full_window()
    pulled = adapter.pull()
    ctx.expect(not pulled.bookings, "bookings of a hotel that has none")
    ctx.expect(pulled.cursor, "no cursor at the end: the next delta would have no beginning")


@check("paging.one", "A single booking", Requirement.PULLS)
def one(ctx: CheckContext) -> None:
    _expect_all(ctx, _grow_to(ctx, ctx.adapter(_EMPTY_HOTEL).with_full_window(), 1))


@check("paging.delta_exactly_full", "Exactly a page of changes since the cursor", Requirement.PULLS)
def delta_exactly_full(ctx: CheckContext) -> None:
    """Before any full pull: what was handed out once some vendors hand out no more."""
    growing = _page_and(ctx, 0)
    pulled = growing.adapter.pull(SyncKind.DELTA, cursor=growing.cursor)
    diff = growing.adapter.diff(pulled.bookings)
    ctx.expect(not diff, diff)


@check("paging.exactly_full", "Exactly as many as a page holds", Requirement.PULLS)
def exactly_full(ctx: CheckContext) -> None:
    _expect_all(ctx, _page_and(ctx, 0).adapter)


@check("paging.one_more", "One more than a page holds", Requirement.PULLS)
def one_more(ctx: CheckContext) -> None:
    _expect_all(ctx, _page_and(ctx, 1).adapter)


@check("paging.ties", "More changes of one instant than a page holds", Requirement.PULLS)
def ties(ctx: CheckContext) -> None:
    adapter = ctx.adapter(_EMPTY_HOTEL).with_full_window()
    simulator = adapter.simulator
    if not isinstance(simulator, SupportsBurst):
        raise CheckNotApplicable("its simulator can't do many things at one instant")
    cursor = adapter.pull().cursor
    simulator.burst(simulator.page_size + 3)
    diff = adapter.diff(adapter.pull(SyncKind.DELTA, cursor=cursor).bookings)
    ctx.expect(len(adapter.expected_bookings()) > simulator.page_size, "the burst was too small")
    ctx.expect(not diff, f"in the delta: {diff}")
    diff = adapter.diff(adapter.pull().bookings)
    ctx.expect(not diff, f"in the full pull: {diff}")


@check(
    "paging.moving", "What moves to another page while it is paged is not lost", Requirement.PULLS
)
def moving(ctx: CheckContext) -> None:
    adapter = _page_and(ctx, 1).adapter
    adapter.inject(Fault(FaultKind.MOVING_ITEMS, times=_MOVES))
    first = adapter.pull()
    adapter.simulator.faults.clear()
    after = adapter.pull(SyncKind.DELTA, cursor=first.cursor)
    diff = adapter.diff({**first.bookings, **after.bookings})
    ctx.expect(adapter.injected, "the call that lists bookings was never made")
    ctx.expect(not diff, diff)


@check("paging.lazy", "The next page is asked for when the last was taken", Requirement.PULLS)
def lazy(ctx: CheckContext) -> None:
    adapter = _page_and(ctx, 1).adapter
    with adapter.client() as client:
        pages = client.pull(adapter.request())
        for page in pages:
            if _of_bookings([page]):
                break
        asked = sum(adapter.simulator.requests_served.values())
        rest = list(pages)
    more = sum(adapter.simulator.requests_served.values()) - asked
    ctx.expect(_of_bookings(rest), "all bookings in one page, of a hotel with more than a page")
    ctx.expect(more, "everything was asked before the first page was given out")


@check(
    "paging.resume", "A pull goes on from the checkpoint of the last page stored", Requirement.PULLS
)
def resume(ctx: CheckContext) -> None:
    adapter = _page_and(ctx, 1).adapter
    stored = list(_until_bookings(adapter))
    checkpoint = next((page.checkpoint for page in reversed(stored) if page.checkpoint), None)
    rest = adapter.pull(checkpoint=checkpoint)
    diff = adapter.diff({**PullResult(stored).bookings, **rest.bookings})
    ctx.expect(not diff, diff)
    ctx.expect(rest.cursor, "no cursor at the end of the run that went on")


@check("paging.cursor_last", "The cursor comes with the last page, not before", Requirement.PULLS)
def cursor_last(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    pulled = adapter.pull()
    early = [page for page in pulled.pages[:-1] if page.cursor is not None]
    ctx.expect(pulled.pages and pulled.pages[-1].cursor, "the last page has no cursor")
    ctx.expect(not early, f"{len(early)} pages before the last have a cursor")


def _of_bookings(pages: list[Page]) -> list[ReadItem]:
    items = [item for page in pages for item in page.items]
    return [item for item in items if isinstance(item.snapshot, BookingSnapshot)]


def _until_bookings(adapter: AdapterHarness) -> Iterator[Page]:
    """Up to the first page that has bookings: then the worker dies."""
    with adapter.client() as client:
        for page in client.pull(adapter.request()):
            yield page
            if _of_bookings([page]):
                return


@dataclass(frozen=True, slots=True)
class GrowingHotel:
    """A hotel that all of these checks share; `cursor`: of when it was empty."""

    adapter: AdapterHarness
    cursor: str | None


def _page_and(ctx: CheckContext, more: int) -> GrowingHotel:
    """With a page of bookings and so many more; it does not shrink again."""

    def create() -> GrowingHotel:
        adapter = ctx.shared_adapter("growing", _EMPTY_HOTEL).with_full_window()
        return GrowingHotel(adapter, adapter.pull().cursor)

    growing = ctx.get_or_create("growing", create)
    _grow_to(ctx, growing.adapter, growing.adapter.simulator.page_size + more)
    return growing


def _grow_to(ctx: CheckContext, adapter: AdapterHarness, wanted: int) -> AdapterHarness:
    """A hotel with exactly so many bookings. One that is booked may be of several rooms, which
    count each at some vendors: then some of them go again."""
    while (left := wanted - len(adapter.expected_bookings())) > 0:
        for _ in range(max(1, left // 4)):
            created = adapter.simulator.act(ScenarioAction.BOOK)
            ctx.require_or_skip(created, "its simulator does not book on demand")
    while len(adapter.expected_bookings()) > wanted:
        deleted = adapter.simulator.act(ScenarioAction.DELETE)
        ctx.require_or_skip(deleted, "its simulator can't be brought to exactly so many bookings")
    return adapter


def _expect_all(ctx: CheckContext, adapter: AdapterHarness) -> None:
    pulled = adapter.pull()
    diff = adapter.diff(pulled.bookings)
    ctx.expect(not diff, diff)
    ctx.expect(pulled.cursor, "no cursor at the end")
