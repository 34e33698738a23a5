"""Pages: none, one, exactly full, equal time stamps, and items that move between pages."""

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction, SupportsBurst
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.sync_run import SyncKind
from entrypoints.certification.adapter_harness import AdapterHarness, PullResult, has_bookings
from entrypoints.certification.check import pull_check, pull_check_for_each
from entrypoints.certification.check_context import CheckContext
from entrypoints.certification.outcomes import CheckNotApplicable
from ports.errors import ListCapReached
from ports.providers import Page

_EMPTY_HOTEL = SimulatorOptions(bookings=0)
_MOVES = 3
_BOOKINGS_PER_RECORD = 8
"""More than a limit of records in any month of the simulated hotel."""


@pull_check("paging.empty", "A pull of a hotel without bookings ends with a cursor")
def empty_hotel(ctx: CheckContext) -> None:
    pulled = ctx.adapter(_EMPTY_HOTEL).with_full_window().pull()
    ctx.expect(not pulled.bookings, "bookings of a hotel that has none")
    ctx.expect(pulled.cursor, "no cursor at the end: the next delta has no start")


@pull_check("paging.one", "A single booking is pulled")
def single_booking(ctx: CheckContext) -> None:
    adapter = ctx.adapter(_EMPTY_HOTEL).with_full_window()
    _set_booking_count(ctx, adapter, 1)
    _expect_complete_pull(ctx, adapter)


@pull_check("paging.delta_exactly_full", "A delta of exactly one page of changes is complete")
def delta_exactly_full(ctx: CheckContext) -> None:
    """Runs before any full pull: some vendors hand out a change only once."""
    hotel = _hotel_with_page_and(ctx, 0)
    pulled = hotel.adapter.pull(SyncKind.DELTA, cursor=hotel.cursor_when_empty)
    ctx.expect_no_difference(hotel.adapter.diff(pulled.bookings))


@pull_check_for_each(
    "paging",
    ("exactly_full", "A pull of exactly one page is complete", 0),
    ("one_more", "A pull of one page and one booking is complete", 1),
)
def full_page(ctx: CheckContext, more: int) -> None:
    _expect_complete_pull(ctx, _hotel_with_page_and(ctx, more).adapter)


@pull_check("paging.ties", "More changes with one time stamp than fit a page are all pulled")
def equal_time_stamps(ctx: CheckContext) -> None:
    adapter = ctx.adapter(_EMPTY_HOTEL).with_full_window()
    simulator = adapter.simulator
    if not isinstance(simulator, SupportsBurst):
        raise CheckNotApplicable("its simulator can't make several changes at one instant")
    cursor = adapter.pull().cursor
    simulator.burst(simulator.page_size + 3)
    delta = adapter.pull(SyncKind.DELTA, cursor=cursor)
    ctx.expect(len(adapter.expected_bookings()) > simulator.page_size, "the burst was too small")
    ctx.expect_no_difference(adapter.diff(delta.bookings), "in the delta")
    ctx.expect_no_difference(adapter.pull_diff(), "in the full pull")


@pull_check("paging.moving", "A booking that moves to another page during the pull is not lost")
def moving_bookings(ctx: CheckContext) -> None:
    adapter = _hotel_with_page_and(ctx, 1).adapter
    adapter.inject(Fault(FaultKind.MOVING_ITEMS, times=_MOVES))
    first = adapter.pull()
    adapter.simulator.faults.clear()
    delta = adapter.pull(SyncKind.DELTA, cursor=first.cursor)
    ctx.expect_injected(adapter)
    ctx.expect_no_difference(adapter.diff({**first.bookings, **delta.bookings}))


@pull_check("paging.lazy", "The next page is requested once the previous one has been taken")
def lazy_requests(ctx: CheckContext) -> None:
    adapter = _hotel_with_page_and(ctx, 1).adapter
    with adapter.client() as client:
        pages = client.pull(adapter.request())
        next((page for page in pages if has_bookings(page)), None)
        requests = adapter.requests_served
        rest = list(pages)
    ctx.expect(
        any(map(has_bookings, rest)), "all bookings in one page, of a hotel with more than a page"
    )
    ctx.expect(
        adapter.requests_served > requests, "all pages were requested before the first was taken"
    )


@pull_check("paging.resume", "A pull resumes from the checkpoint of the last stored page")
def resumed_pull(ctx: CheckContext) -> None:
    adapter = _hotel_with_page_and(ctx, 1).adapter
    stored = list(_pages_until_bookings(adapter))
    checkpoint = next((page.checkpoint for page in reversed(stored) if page.checkpoint), None)
    rest = adapter.pull(checkpoint=checkpoint)
    ctx.expect_no_difference(adapter.diff({**PullResult(stored).bookings, **rest.bookings}))
    ctx.expect(rest.cursor, "no cursor at the end of the resumed run")


@pull_check("paging.list_cap", "Bookings after the vendor's limit of a list are not lost silently")
def list_cap(ctx: CheckContext) -> None:
    """Either the pull is complete, or it fails with ListCapReached."""
    cap = ctx.require_or_skip(ctx.capabilities.list_cap, "its lists have no declared limit")
    adapter = ctx.adapter(SimulatorOptions(bookings=cap * _BOOKINGS_PER_RECORD)).with_full_window()
    ctx.expect(len(adapter.expected_bookings()) > cap, "the simulated hotel has too few bookings")
    adapter.inject(Fault(FaultKind.LIST_CAP, records=cap))
    try:
        pulled = adapter.pull()
    except ListCapReached:
        ctx.count_expectation()
        return
    ctx.expect_injected(adapter)
    ctx.expect_no_difference(adapter.diff(pulled.bookings))


@pull_check("paging.cursor_last", "Only the last page has the cursor")
def cursor_last(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    pulled = adapter.pull()
    early = [page for page in pulled.pages[:-1] if page.cursor is not None]
    ctx.expect(pulled.pages and pulled.pages[-1].cursor, "the last page has no cursor")
    ctx.expect(not early, f"{len(early)} pages before the last have a cursor")


def _pages_until_bookings(adapter: AdapterHarness) -> Iterator[Page]:
    """As stored by a worker that crashes after the first page with bookings."""
    with adapter.client() as client:
        for page in client.pull(adapter.request()):
            yield page
            if has_bookings(page):
                return


@dataclass(frozen=True, slots=True)
class GrowingHotel:
    """Shared by these checks; bookings are only added."""

    adapter: AdapterHarness
    cursor_when_empty: str | None


def _hotel_with_page_and(ctx: CheckContext, more: int) -> GrowingHotel:
    """With `more` bookings than fit a page."""

    def create() -> GrowingHotel:
        adapter = ctx.for_sharing().adapter(_EMPTY_HOTEL).with_full_window()
        return GrowingHotel(adapter, adapter.pull().cursor)

    hotel = ctx.get_or_create("growing hotel", create)
    _set_booking_count(ctx, hotel.adapter, hotel.adapter.simulator.page_size + more)
    return hotel


def _set_booking_count(ctx: CheckContext, adapter: AdapterHarness, count: int) -> None:
    """A new booking may have several rooms, each of which is a booking at some vendors; those in
    excess are deleted."""
    while (missing := count - len(adapter.expected_bookings())) > 0:
        for _ in range(max(1, missing // 4)):
            created = adapter.perform(ScenarioAction.BOOK)
            ctx.require_or_skip(created, "its simulator does not book on demand")
    while len(adapter.expected_bookings()) > count:
        deleted = adapter.perform(ScenarioAction.DELETE)
        ctx.require_or_skip(deleted, f"its simulator can't hold exactly {count} bookings")


def _expect_complete_pull(ctx: CheckContext, adapter: AdapterHarness) -> None:
    pulled = adapter.pull()
    ctx.expect_no_difference(adapter.diff(pulled.bookings))
    ctx.expect(pulled.cursor, "no cursor at the end")
