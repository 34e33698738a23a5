"""What a pull must return: the stays of a window, or the changes since the cursor."""

from collections.abc import Callable
from datetime import date, timedelta

from adapters.outbound.provider_kit.simulation.scenario import ExpectedBooking, ScenarioAction
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.errors import PmsError
from domain.sync_run import SyncKind
from domain.values import DateRange
from entrypoints.certification.adapter_harness import AdapterHarness
from entrypoints.certification.check import pull_check, pull_check_for_each
from entrypoints.certification.check_context import SOME, CheckContext
from ports.errors import ProviderError

_NIGHT = timedelta(days=1)
_SAMPLE_SIZE = 4
_CHANGES = (
    ScenarioAction.AMEND,
    ScenarioAction.BOOK,
    ScenarioAction.CANCEL,
    ScenarioAction.BOOK,
    ScenarioAction.AMEND,
    ScenarioAction.CHECK_IN,
)


@pull_check("window.full_range", "A window over all stays returns every booking")
def full_range(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SOME).with_full_window()
    ctx.expect(adapter.expected_bookings(), "the simulated hotel is empty")
    ctx.expect_no_difference(adapter.pull_diff())


@pull_check_for_each(
    "window",
    ("first_night", "A window of a stay's first night returns it", (1, 0)),
    ("last_night", "A window of a stay's last night returns it", (1, -1)),
    ("within", "A window of one night within a longer stay returns it", (3, 1)),
)
def one_night(ctx: CheckContext, case: tuple[int, int]) -> None:
    """The stay's minimum number of nights, and the index of the one in the window."""
    min_nights, index = case
    adapter = ctx.adapter(SOME)
    stays = _sample(adapter, lambda stay: _nights(stay) >= min_nights)
    ctx.require_or_skip(
        stays or min_nights == 1, f"the simulated hotel has no stay of {min_nights} nights"
    )
    for stay in stays:
        night = stay.arrival + timedelta(days=index % _nights(stay))
        _expect_in_window(ctx, adapter, stay, night)


@pull_check("window.day_use", "A window of its day returns a stay without a night")
def day_use(ctx: CheckContext) -> None:
    ctx.require_or_skip(ctx.capabilities.day_use, "the provider does not declare day use")
    adapter = ctx.adapter(SimulatorOptions(bookings=120))
    stays = _sample(adapter, lambda stay: _nights(stay) == 0)
    for stay in ctx.require_or_skip(stays, "the simulated hotel has no day use"):
        _expect_in_window(ctx, adapter, stay, stay.arrival)


@pull_check("delta.small", "A delta without changes does not return the whole hotel")
def unchanged_delta(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SOME)
    cursor = adapter.pull().cursor
    returned = len(adapter.pull(SyncKind.DELTA, cursor=cursor).bookings)
    total = len(adapter.expected_bookings())
    ctx.expect(2 * returned < total, f"{returned} of {total} bookings although nothing changed")


@pull_check("delta.chain", "Successive deltas return every change")
def successive_deltas(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SOME)
    pulled = adapter.pull()
    known = pulled.bookings
    for action in _CHANGES:
        for changed in adapter.perform(action):
            pulled = adapter.pull(SyncKind.DELTA, cursor=pulled.cursor)
            in_delta = changed in pulled.bookings
            ctx.expect(in_delta, f"{action} of {changed} is not in the next delta")
            known |= pulled.bookings
    ctx.expect_no_difference(adapter.diff(known))


@pull_check("delta.after_days", "A delta after three days returns every change")
def delta_after_days(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SOME)
    before = adapter.expected_bookings()
    first = adapter.pull()
    adapter.simulator.advance(days=3)
    delta = adapter.pull(SyncKind.DELTA, cursor=first.cursor).bookings
    after = adapter.expected_bookings()
    changed = {id_ for id_, booking in after.items() if before.get(id_) != booking}
    ctx.expect(changed, "nothing changed in three simulated days")
    returned = {id_: snapshot for id_, snapshot in delta.items() if id_ in changed}
    ctx.expect_no_difference(adapter.diff_of(changed, returned))


@pull_check("delta.first", "A delta without a cursor returns every booking")
def first_delta(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    pulled = adapter.pull(SyncKind.DELTA, cursor=None)
    ctx.expect_no_difference(adapter.diff(pulled.bookings))


@pull_check(
    "delta.foreign_cursor", "A cursor of another format is reported or starts a complete pull"
)
def foreign_cursor(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    try:
        pulled = adapter.pull(SyncKind.DELTA, cursor="{not a cursor of this adapter}")
    except PmsError as error:
        is_provider_error = isinstance(error, ProviderError)
        ctx.expect(is_provider_error, f"{type(error).__name__} is not a ProviderError")
        return
    ctx.expect_no_difference(adapter.diff(pulled.bookings), "the pull ended as complete")


def _nights(stay: ExpectedBooking) -> int:
    return (stay.departure - stay.arrival).days


def _sample(
    adapter: AdapterHarness, matches: Callable[[ExpectedBooking], bool]
) -> list[ExpectedBooking]:
    stays = sorted(adapter.expected_bookings().values(), key=lambda stay: stay.external_id)
    return [stay for stay in stays if matches(stay)][:_SAMPLE_SIZE]


def _expect_in_window(
    ctx: CheckContext, adapter: AdapterHarness, stay: ExpectedBooking, night: date
) -> None:
    window = DateRange(night, night + _NIGHT)
    ctx.expect(
        stay.external_id in adapter.pull(SyncKind.RECONCILE, window=window).bookings,
        f"the window [{window.start}, {window.end}) does not return {stay.external_id}, "
        f"which stays from {stay.arrival} to {stay.departure}",
    )
