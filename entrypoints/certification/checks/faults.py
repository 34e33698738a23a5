"""A provider that refuses, stalls or answers with rubbish: waited for, told, never swallowed."""

from typing import Final

from adapters.outbound.provider_kit.simulation.server.fault_plan import (
    RETRY_AFTER_DATE,
    RETRY_AFTER_MISSING,
    Fault,
    FaultKind,
)
from adapters.outbound.system import SystemClock
from domain.snapshots import BookingSnapshot
from entrypoints.certification.adapter_harness import (
    AdapterHarness,
    PullResult,
    catch_error,
    describe_error,
)
from entrypoints.certification.check import Check, Requirement, check
from entrypoints.certification.check_context import CheckContext
from ports.errors import ProviderError, ProviderUnavailable, RateLimited
from ports.providers import Page, PullRequest

_MAX_TRIES: Final = 12
_ASKED_SECONDS: Final = 7
_HOUR: Final = 3_600
_STALL_SECONDS: Final = 0.2


def _transient(check_id: str, title: str, fault: Fault) -> Check:
    """One bad answer: what is read repeats harmlessly, so the pull comes through."""

    @check(check_id, title, Requirement.PULLS)
    def run_check(ctx: CheckContext) -> None:
        adapter = ctx.adapter()
        adapter.inject(fault)
        pulled = adapter.pull()
        ctx.expect(adapter.injected, "the call that lists bookings was never made")
        _expect_all(ctx, adapter, pulled.bookings)

    return run_check


def _reported_or_retried(check_id: str, title: str, fault: Fault) -> Check:
    """One bad answer that may end the run: told, or got over, never a part taken for the whole."""

    @check(check_id, title, Requirement.PULLS)
    def run_check(ctx: CheckContext) -> None:
        adapter = ctx.adapter()
        adapter.inject(fault)
        _expect_error_or_all(ctx, adapter, adapter.request())
        later = ctx.adapter()
        _expect_error_or_all(ctx, later, later.request(), after_one_page=fault)

    return run_check


def _permanent(check_id: str, title: str, fault: Fault, error: type[ProviderError]) -> Check:
    """As bad for good: the run ends, and not after any number of tries."""

    @check(check_id, title, Requirement.PULLS)
    def run_check(ctx: CheckContext) -> None:
        adapter = ctx.adapter()
        adapter.inject(fault)
        ended = catch_error(adapter.pull)
        ctx.expect(
            isinstance(ended, error), f"ended with {describe_error(ended)}, not {error.__name__}"
        )
        ctx.expect(adapter.injected <= _MAX_TRIES, f"asked {adapter.injected} times in one run")

    return run_check


FAULTS: Final = (
    _transient(
        "fault.408_once", "408 once is asked again", Fault(FaultKind.REQUEST_TIMEOUT, times=1)
    ),
    _reported_or_retried(
        "fault.409_once", "409 once is told or got over", Fault(FaultKind.CONFLICT, times=1)
    ),
    _transient("fault.500_once", "500 once is asked again", Fault(FaultKind.SERVER_ERROR, times=1)),
    _transient("fault.503_once", "503 once is asked again", Fault(FaultKind.UNAVAILABLE, times=1)),
    _permanent(
        "fault.500_for_good",
        "500 for good ends the run",
        Fault(FaultKind.SERVER_ERROR),
        ProviderUnavailable,
    ),
    _permanent(
        "fault.503_for_good",
        "503 for good ends the run",
        Fault(FaultKind.UNAVAILABLE),
        ProviderUnavailable,
    ),
    _reported_or_retried(
        "fault.truncated_once",
        "Half an answer is told or asked again",
        Fault(FaultKind.TRUNCATED, times=1),
    ),
    _permanent(
        "fault.truncated_for_good",
        "Nothing but halves of answers ends the run",
        Fault(FaultKind.TRUNCATED),
        ProviderError,
    ),
    _reported_or_retried(
        "fault.html_once",
        "A web page in place of an answer is told or asked again",
        Fault(FaultKind.HTML, times=1),
    ),
    _permanent(
        "fault.html_for_good",
        "Nothing but web pages ends the run",
        Fault(FaultKind.HTML),
        ProviderError,
    ),
    _reported_or_retried(
        "fault.dropped_once",
        "A line that drops after the request is told or asked again",
        Fault(FaultKind.STALL, times=1, seconds=_STALL_SECONDS),
    ),
    _permanent(
        "fault.dropped_for_good",
        "A line that drops each time ends the run",
        Fault(FaultKind.STALL, seconds=0.01),
        ProviderUnavailable,
    ),
)


@check(
    "fault.unreachable",
    "A provider that can't be reached is told as unavailable",
    Requirement.PULLS,
)
def unreachable(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    with adapter.client() as client:
        adapter.simulator.stop()
        ended = catch_error(client.check)
    ctx.expect(isinstance(ended, ProviderUnavailable), f"ended with {describe_error(ended)}")


@check("fault.midway", "What fails after the first page is no end of the list", Requirement.PULLS)
def midway(ctx: CheckContext) -> None:
    for kind in (FaultKind.SERVER_ERROR, FaultKind.HTML, FaultKind.TRUNCATED):
        adapter = ctx.adapter()
        with adapter.client() as client:
            pages = client.pull(adapter.request())
            for page in pages:
                if _has_bookings(page):
                    break
            adapter.inject(Fault(kind), anywhere=True)
            ended = catch_error(lambda pages=pages: list(pages))  # type: ignore[misc]  # bound at once
        ctx.require_or_skip(adapter.injected, "it asks nothing more after the first page")
        ctx.expect(
            isinstance(ended, ProviderError),
            f"{kind} after the first page: {describe_error(ended)}",
        )


@check("limit.seconds", "429 with Retry-After in seconds is waited for", Requirement.PULLS)
def retry_after_seconds(ctx: CheckContext) -> None:
    adapter = _pull_rate_limited(ctx, str(_ASKED_SECONDS))
    longest = max(adapter.clock.slept, default=0.0)
    ctx.expect(longest >= _ASKED_SECONDS, f"waited {longest:.1f} s instead of {_ASKED_SECONDS} s")
    ctx.expect(longest < _HOUR, f"waited {longest:.0f} s instead of {_ASKED_SECONDS} s")


@check("limit.date", "429 with Retry-After as an HTTP date is waited for", Requirement.PULLS)
def retry_after_date(ctx: CheckContext) -> None:
    """The simulator's date is by this machine's clock."""
    adapter = ctx.adapter()
    adapter.clock.set(SystemClock().now())
    adapter.inject(Fault(FaultKind.TOO_MANY_REQUESTS, times=1, retry_after=RETRY_AFTER_DATE))
    with adapter.client_without_clock_sync() as client:
        pages = list(client.pull(adapter.request()))
    longest = max(adapter.clock.slept, default=0.0)
    ctx.expect(adapter.injected and pages, "the call that lists bookings was never made")
    ctx.expect(longest > 0.9, f"waited {longest:.1f} s instead of about 2 s")
    ctx.expect(longest < _HOUR, f"waited {longest:.0f} s instead of about 2 s")


@check("limit.missing", "429 without Retry-After is waited for as well", Requirement.PULLS)
def retry_after_missing(ctx: CheckContext) -> None:
    adapter = _pull_rate_limited(ctx, RETRY_AFTER_MISSING)
    ctx.expect(sum(adapter.clock.slept) > 0, "asked again at once")


@check("limit.503", "503 with Retry-After is waited for", Requirement.PULLS)
def unavailable_for_seconds(ctx: CheckContext) -> None:
    adapter = _pull_rate_limited(ctx, str(_ASKED_SECONDS), FaultKind.UNAVAILABLE)
    longest = max(adapter.clock.slept, default=0.0)
    ctx.expect(longest >= _ASKED_SECONDS, f"waited {longest:.1f} s instead of {_ASKED_SECONDS} s")


@check(
    "limit.too_long", "429 for an hour ends the run and tells how long to rest", Requirement.PULLS
)
def too_long(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.inject(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after=str(_HOUR)))
    ended = catch_error(adapter.pull)
    ctx.expect(
        isinstance(ended, RateLimited), f"ended with {describe_error(ended)}, not RateLimited"
    )
    wait_seconds = ended.wait_seconds if isinstance(ended, RateLimited) else 0
    ctx.expect(wait_seconds >= _HOUR - 10, f"tells a rest of {wait_seconds} s, asked for {_HOUR} s")
    ctx.expect(adapter.injected <= 2, f"asked {adapter.injected} times although told to wait")


@check("limit.for_good", "429 without end ends the run", Requirement.PULLS)
def limited_for_good(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.inject(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after="1"))
    ended = catch_error(adapter.pull)
    ctx.expect(
        isinstance(ended, RateLimited), f"ended with {describe_error(ended)}, not RateLimited"
    )
    ctx.expect(adapter.injected <= _MAX_TRIES, f"asked {adapter.injected} times in one run")


def _pull_rate_limited(
    ctx: CheckContext, retry_after: str, kind: FaultKind = FaultKind.TOO_MANY_REQUESTS
) -> AdapterHarness:
    adapter = ctx.adapter()
    adapter.inject(Fault(kind, times=1, retry_after=retry_after))
    pulled = adapter.pull()
    ctx.expect(adapter.injected, "the call that lists bookings was never made")
    _expect_all(ctx, adapter, pulled.bookings)
    return adapter


def _expect_all(
    ctx: CheckContext, adapter: AdapterHarness, bookings: dict[str, BookingSnapshot]
) -> None:
    diff = adapter.diff(bookings)
    ctx.expect(not diff, diff)


def _expect_error_or_all(
    ctx: CheckContext,
    adapter: AdapterHarness,
    request: PullRequest,
    *,
    after_one_page: Fault | None = None,
) -> None:
    """`after_one_page`: it strikes when the first page that has bookings was taken."""
    pages: list[Page] = []

    def pull() -> None:
        fault = after_one_page
        with adapter.client() as client:
            for page in client.pull(request):
                pages.append(page)
                if fault is not None and _has_bookings(page):
                    adapter.inject(fault)
                    fault = None

    ended = catch_error(pull)
    if after_one_page is None:
        ctx.expect(adapter.injected, "the call that lists bookings was never made")
    if ended is None:
        _expect_all(ctx, adapter, PullResult(pages).bookings)
    else:
        ctx.expect(isinstance(ended, ProviderError), f"ended with {describe_error(ended)}")


def _has_bookings(page: Page) -> bool:
    return any(isinstance(item.snapshot, BookingSnapshot) for item in page.items)
