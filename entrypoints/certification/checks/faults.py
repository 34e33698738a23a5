"""Faults of the provider: retried within limits or reported, never taken for an empty answer."""

from functools import partial
from typing import Final

from adapters.outbound.provider_kit.simulation.server.fault_plan import (
    RETRY_AFTER_DATE,
    RETRY_AFTER_MISSING,
    Fault,
    FaultKind,
)
from adapters.outbound.system import SystemClock
from entrypoints.certification.adapter_harness import AdapterHarness, PullResult, has_bookings
from entrypoints.certification.check import Check, pull_check
from entrypoints.certification.check_context import CheckContext
from entrypoints.certification.outcomes import catch_error, describe_error
from ports.errors import ProviderError, ProviderUnavailable, RateLimited
from ports.providers import Page

_MAX_TRIES: Final = 12
_RETRY_AFTER_SECONDS: Final = 7
_HOUR: Final = 3_600
_STALL_SECONDS: Final = 0.2


def _retried(check_id: str, title: str, kind: FaultKind) -> Check:
    """A single failure of a read, which can be repeated safely: the pull must succeed."""

    @pull_check(f"fault.{check_id}", title)
    def run(ctx: CheckContext) -> None:
        adapter = ctx.adapter()
        adapter.inject(Fault(kind, times=1))
        ctx.expect_complete_pull(adapter)

    return run


def _retried_or_reported(check_id: str, title: str, kind: FaultKind) -> Check:
    """A single failure that may end the run. An incomplete pull must not end as complete."""
    fault = Fault(kind, times=1, seconds=_STALL_SECONDS)

    @pull_check(f"fault.{check_id}", title)
    def run(ctx: CheckContext) -> None:
        adapter = ctx.adapter()
        adapter.inject(fault)
        _expect_error_or_complete_pull(ctx, adapter)
        ctx.expect_injected(adapter)
        _expect_error_or_complete_pull(ctx, ctx.adapter(), after_first_bookings=fault)

    return run


def _permanent(
    check_id: str, title: str, kind: FaultKind, error: type[ProviderError] = ProviderError
) -> Check:
    @pull_check(f"fault.{check_id}", title)
    def run(ctx: CheckContext) -> None:
        adapter = ctx.adapter()
        adapter.inject(Fault(kind, seconds=0.01))
        ctx.expect_error(adapter.pull, error)
        _expect_few_tries(ctx, adapter)

    return run


FAULTS: Final = (
    _retried("408_once", "A single 408 is retried", FaultKind.REQUEST_TIMEOUT),
    _retried_or_reported("409_once", "A single 409 is retried or reported", FaultKind.CONFLICT),
    _retried("500_once", "A single 500 is retried", FaultKind.SERVER_ERROR),
    _retried("503_once", "A single 503 is retried", FaultKind.UNAVAILABLE),
    _permanent(
        "500_permanent", "Repeated 500 ends the run", FaultKind.SERVER_ERROR, ProviderUnavailable
    ),
    _permanent(
        "503_permanent", "Repeated 503 ends the run", FaultKind.UNAVAILABLE, ProviderUnavailable
    ),
    _retried_or_reported(
        "truncated_once", "A single truncated answer is retried or reported", FaultKind.TRUNCATED
    ),
    _permanent(
        "truncated_permanent", "Repeated truncated answers end the run", FaultKind.TRUNCATED
    ),
    _retried_or_reported(
        "html_once", "A single HTML page as the answer is retried or reported", FaultKind.HTML
    ),
    _permanent("html_permanent", "Repeated HTML pages as answers end the run", FaultKind.HTML),
    _retried_or_reported(
        "dropped_once",
        "A connection dropped once after the request is retried or reported",
        FaultKind.STALL,
    ),
    _permanent(
        "dropped_permanent",
        "Connections dropped after each request end the run",
        FaultKind.STALL,
        ProviderUnavailable,
    ),
)


@pull_check("fault.unreachable", "A provider that can't be reached is reported as unavailable")
def unreachable_provider(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    with adapter.client() as client:
        adapter.simulator.stop()
        ctx.expect_error(client.check, ProviderUnavailable, during="check()")


@pull_check("fault.midway", "A failure after the first page does not end the pull as complete")
def failure_after_first_page(ctx: CheckContext) -> None:
    for kind in (FaultKind.SERVER_ERROR, FaultKind.HTML, FaultKind.TRUNCATED):
        adapter = ctx.adapter()
        with adapter.client() as client:
            pages = client.pull(adapter.request())
            next((page for page in pages if has_bookings(page)), None)
            adapter.inject(Fault(kind), anywhere=True)
            error = catch_error(partial(list, pages))
        ctx.require_or_skip(adapter.injected, "the adapter requests nothing after the first page")
        ctx.expect(
            isinstance(error, ProviderError),
            f"{kind} after the first page: {describe_error(error)}",
        )


@pull_check("limit.seconds", "The adapter waits for a 429's Retry-After in seconds")
def retry_after_seconds(ctx: CheckContext) -> None:
    adapter = _pull_rate_limited(ctx, str(_RETRY_AFTER_SECONDS))
    _expect_wait(ctx, adapter, _RETRY_AFTER_SECONDS)


@pull_check("limit.date", "The adapter waits for a 429's Retry-After as an HTTP date")
def retry_after_date(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    # The simulator computes the date, two seconds ahead, from this machine's clock.
    adapter.clock.set(SystemClock().now())
    adapter.inject(Fault(FaultKind.TOO_MANY_REQUESTS, times=1, retry_after=RETRY_AFTER_DATE))
    with adapter.client(sync_clock=False) as client:
        pages = list(client.pull(adapter.request()))
    ctx.expect_injected(adapter)
    ctx.expect(pages, "the pull returned no page")
    _expect_wait(ctx, adapter, 0.9)


@pull_check("limit.missing", "The adapter waits after a 429 without Retry-After")
def retry_after_missing(ctx: CheckContext) -> None:
    adapter = _pull_rate_limited(ctx, RETRY_AFTER_MISSING)
    ctx.expect(sum(adapter.clock.slept) > 0, "the adapter retried at once")


@pull_check("limit.503", "The adapter waits for a 503's Retry-After")
def retry_after_of_503(ctx: CheckContext) -> None:
    adapter = _pull_rate_limited(ctx, str(_RETRY_AFTER_SECONDS), FaultKind.UNAVAILABLE)
    _expect_wait(ctx, adapter, _RETRY_AFTER_SECONDS)


@pull_check("limit.too_long", "A Retry-After of an hour ends the run and is reported")
def retry_after_too_long(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.inject(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after=str(_HOUR)))
    wait_seconds = ctx.expect_error(adapter.pull, RateLimited).wait_seconds
    ctx.expect(wait_seconds >= _HOUR - 10, f"reports {wait_seconds} s, expected {_HOUR} s")
    ctx.expect(adapter.injected <= 2, f"{adapter.injected} requests although it was rate limited")


@pull_check("limit.permanent", "Repeated 429 ends the run")
def permanent_rate_limit(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.inject(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after="1"))
    ctx.expect_error(adapter.pull, RateLimited)
    _expect_few_tries(ctx, adapter)


def _pull_rate_limited(
    ctx: CheckContext, retry_after: str, kind: FaultKind = FaultKind.TOO_MANY_REQUESTS
) -> AdapterHarness:
    adapter = ctx.adapter()
    adapter.inject(Fault(kind, times=1, retry_after=retry_after))
    ctx.expect_complete_pull(adapter)
    return adapter


def _expect_wait(ctx: CheckContext, adapter: AdapterHarness, seconds: float) -> None:
    longest = max(adapter.clock.slept, default=0.0)
    ctx.expect(seconds <= longest < _HOUR, f"waited {longest:.1f} s, expected {seconds} s")


def _expect_few_tries(ctx: CheckContext, adapter: AdapterHarness) -> None:
    ctx.expect(adapter.injected <= _MAX_TRIES, f"{adapter.injected} tries in one run")


def _expect_error_or_complete_pull(
    ctx: CheckContext, adapter: AdapterHarness, *, after_first_bookings: Fault | None = None
) -> None:
    """`after_first_bookings` is injected once the first page with bookings has been taken."""
    pages: list[Page] = []

    def pull() -> None:
        fault = after_first_bookings
        with adapter.client() as client:
            for page in client.pull(adapter.request()):
                pages.append(page)
                if fault is not None and has_bookings(page):
                    adapter.inject(fault)
                    fault = None

    error = catch_error(pull)
    if error is None:
        ctx.expect_no_difference(adapter.diff(PullResult(pages).bookings))
    else:
        ctx.expect(isinstance(error, ProviderError), f"the run: {describe_error(error)}")
