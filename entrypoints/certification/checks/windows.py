"""What a pull has to bring: a window of stays, or what changed since the cursor."""

from collections.abc import Iterator
from datetime import timedelta

from adapters.outbound.provider_kit.simulation.scenario import ExpectedBooking, ScenarioAction
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.errors import PmsError
from domain.sync_run import SyncKind
from domain.values import DateRange
from entrypoints.certification.adapter_harness import (
    AdapterHarness,
    diff_bookings,
    observe_bookings,
)
from entrypoints.certification.check import Requirement, check
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


@check("window.whole_hotel", "A wide window brings every booking as it is", Requirement.PULLS)
def whole_hotel(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME)).with_full_window()
    diff = adapter.diff(adapter.pull().bookings)
    ctx.expect(adapter.expected_bookings(), "the simulated hotel is empty")
    ctx.expect(not diff, diff)


@check("window.first_night", "A window of a stay's first night brings it", Requirement.PULLS)
def first_night(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME))
    for expected_booking in _stays(adapter):
        _expect_in_window(
            ctx,
            adapter,
            expected_booking,
            DateRange(expected_booking.arrival, expected_booking.arrival + _NIGHT),
        )


@check("window.last_night", "A window of a stay's last night brings it", Requirement.PULLS)
def last_night(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME))
    for expected_booking in _stays(adapter):
        _expect_in_window(
            ctx,
            adapter,
            expected_booking,
            DateRange(expected_booking.departure - _NIGHT, expected_booking.departure),
        )


@check("window.within", "A window inside a long stay brings it", Requirement.PULLS)
def within(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME))
    long = [expected_booking for expected_booking in _stays(adapter, least=3)]
    ctx.require_or_skip(long, "the simulated hotel has no stay of three nights")
    for expected_booking in long:
        _expect_in_window(
            ctx,
            adapter,
            expected_booking,
            DateRange(expected_booking.arrival + _NIGHT, expected_booking.arrival + 2 * _NIGHT),
        )


@check("window.day_use", "A stay without a night is brought by its day", Requirement.PULLS)
def day_use(ctx: CheckContext) -> None:
    ctx.require_or_skip(ctx.capabilities.day_use, "it declares that it has no day use")
    adapter = ctx.adapter(SimulatorOptions(bookings=120))
    found = [
        expected_booking
        for expected_booking in adapter.expected_bookings().values()
        if expected_booking.arrival == expected_booking.departure
    ]
    ctx.require_or_skip(found, "the simulated hotel has no day use")
    for expected_booking in found[:_SAMPLE_SIZE]:
        _expect_in_window(
            ctx,
            adapter,
            expected_booking,
            DateRange(expected_booking.arrival, expected_booking.arrival + _NIGHT),
        )


@check("delta.small", "A delta of a quiet hotel is not the whole hotel again", Requirement.PULLS)
def small(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME))
    cursor = adapter.pull().cursor
    quiet = adapter.pull(SyncKind.DELTA, cursor=cursor).bookings
    ctx.expect(
        2 * len(quiet) < len(adapter.expected_bookings()),
        f"{len(quiet)} of {len(adapter.expected_bookings())} bookings although nothing happened",
    )


@check("delta.chain", "Of many changes between many deltas none is lost", Requirement.PULLS)
def chain(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME))
    pulled = adapter.pull()
    known = pulled.bookings
    for act in _CHANGES:
        if (changed := adapter.simulator.act(act)) is None:
            continue
        pulled = adapter.pull(SyncKind.DELTA, cursor=pulled.cursor)
        ctx.expect(changed in pulled.bookings, f"{act} of {changed} is not in the next delta")
        known |= pulled.bookings
    diff = adapter.diff(known)
    ctx.expect(not diff, diff)


@check("delta.after_days", "A delta after some days brings all that happened", Requirement.PULLS)
def after_days(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME))
    before = adapter.expected_bookings()
    first = adapter.pull()
    adapter.simulator.advance(days=3)
    later = adapter.pull(SyncKind.DELTA, cursor=first.cursor).bookings
    expected_bookings = adapter.expected_bookings()
    changed = {
        id_: expected_booking
        for id_, expected_booking in expected_bookings.items()
        if before.get(id_) != expected_booking
    }
    ctx.expect(changed, "nothing happened in three days of the simulated hotel")
    observed = observe_bookings(
        {id_: snapshot for id_, snapshot in later.items() if id_ in changed}
    )
    diff = diff_bookings(changed, observed)
    ctx.expect(not diff, diff)


@check("delta.first", "A delta without a cursor brings everything", Requirement.PULLS)
def first_delta(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    pulled = adapter.pull(SyncKind.DELTA, cursor=None)
    diff = adapter.diff(pulled.bookings)
    ctx.expect(not diff, diff)


@check(
    "delta.foreign_cursor",
    "A cursor that is none of its own is no crash and no gap",
    Requirement.PULLS,
)
def foreign_cursor(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    try:
        pulled = adapter.pull(SyncKind.DELTA, cursor="{no cursor of yours}")
    except PmsError as error:
        is_provider_error = isinstance(error, ProviderError)
        ctx.expect(is_provider_error, f"{type(error).__name__} is none of the provider errors")
        return
    diff = adapter.diff(pulled.bookings)
    ctx.expect(not diff, f"came through and left out: {diff}")


def _stays(adapter: AdapterHarness, least: int = 1) -> Iterator[ExpectedBooking]:
    found = [
        expected_booking
        for expected_booking in sorted(
            adapter.expected_bookings().values(),
            key=lambda expected_booking: expected_booking.external_id,
        )
        if (expected_booking.departure - expected_booking.arrival).days >= least
    ]
    yield from found[:_SAMPLE_SIZE]


def _expect_in_window(
    ctx: CheckContext, adapter: AdapterHarness, expected_booking: ExpectedBooking, window: DateRange
) -> None:
    found = adapter.pull(SyncKind.RECONCILE, window=window).bookings
    ctx.expect(
        expected_booking.external_id in found,
        f"[{window.start}, {window.end}) does not bring {expected_booking.external_id}, "
        f"which is there from {expected_booking.arrival} to {expected_booking.departure}",
    )
