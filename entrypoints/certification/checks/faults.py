"""A provider that refuses, stalls or answers with rubbish: waited for, told, never swallowed."""

from typing import Final

from adapters.outbound.provider_kit.simulation.fault_plan import (
    RETRY_AFTER_DATE,
    RETRY_AFTER_MISSING,
    Fault,
    FaultKind,
)
from adapters.outbound.system import SystemClock
from domain.snapshots import BookingSnapshot
from entrypoints.certification.check import Check, Need, check
from entrypoints.certification.scene import Scene
from entrypoints.certification.visit import Pulled, Visit, met, named
from ports.errors import ProviderError, ProviderUnavailable, RateLimited
from ports.providers import Page, PullRequest

_MOST_TRIES: Final = 12
_ASKED_SECONDS: Final = 7
_HOUR: Final = 3_600
_STALL_SECONDS: Final = 0.2


def _passing(check_id: str, title: str, fault: Fault) -> Check:
    """One bad answer: what is read repeats harmlessly, so the pull comes through."""

    @check(check_id, title, Need.PULLS)
    def look(scene: Scene) -> None:
        visit = scene.visit()
        visit.strike(fault)
        pulled = visit.pull()
        scene.expect(visit.struck, "the call that lists bookings was never made")
        _expect_all(scene, visit, pulled.bookings)

    return look


def _told(check_id: str, title: str, fault: Fault) -> Check:
    """One bad answer that may end the run: told, or got over, never a part taken for the whole."""

    @check(check_id, title, Need.PULLS)
    def look(scene: Scene) -> None:
        visit = scene.visit()
        visit.strike(fault)
        _expect_error_or_all(scene, visit, visit.request())
        later = scene.visit()
        _expect_error_or_all(scene, later, later.request(), after_one_page=fault)

    return look


def _lasting(check_id: str, title: str, fault: Fault, error: type[ProviderError]) -> Check:
    """As bad for good: the run ends, and not after any number of tries."""

    @check(check_id, title, Need.PULLS)
    def look(scene: Scene) -> None:
        visit = scene.visit()
        visit.strike(fault)
        ended = met(visit.pull)
        scene.expect(isinstance(ended, error), f"ended with {named(ended)}, not {error.__name__}")
        scene.expect(visit.struck <= _MOST_TRIES, f"asked {visit.struck} times in one run")

    return look


FAULTS: Final = (
    _passing(
        "fault.408_once", "408 once is asked again", Fault(FaultKind.REQUEST_TIMEOUT, times=1)
    ),
    _told("fault.409_once", "409 once is told or got over", Fault(FaultKind.CONFLICT, times=1)),
    _passing("fault.500_once", "500 once is asked again", Fault(FaultKind.SERVER_ERROR, times=1)),
    _passing("fault.503_once", "503 once is asked again", Fault(FaultKind.UNAVAILABLE, times=1)),
    _lasting(
        "fault.500_for_good",
        "500 for good ends the run",
        Fault(FaultKind.SERVER_ERROR),
        ProviderUnavailable,
    ),
    _lasting(
        "fault.503_for_good",
        "503 for good ends the run",
        Fault(FaultKind.UNAVAILABLE),
        ProviderUnavailable,
    ),
    _told(
        "fault.truncated_once",
        "Half an answer is told or asked again",
        Fault(FaultKind.TRUNCATED, times=1),
    ),
    _lasting(
        "fault.truncated_for_good",
        "Nothing but halves of answers ends the run",
        Fault(FaultKind.TRUNCATED),
        ProviderError,
    ),
    _told(
        "fault.html_once",
        "A web page in place of an answer is told or asked again",
        Fault(FaultKind.HTML, times=1),
    ),
    _lasting(
        "fault.html_for_good",
        "Nothing but web pages ends the run",
        Fault(FaultKind.HTML),
        ProviderError,
    ),
    _told(
        "fault.dropped_once",
        "A line that drops after the request is told or asked again",
        Fault(FaultKind.STALL, times=1, seconds=_STALL_SECONDS),
    ),
    _lasting(
        "fault.dropped_for_good",
        "A line that drops each time ends the run",
        Fault(FaultKind.STALL, seconds=0.01),
        ProviderUnavailable,
    ),
)


@check("fault.unreachable", "A provider that can't be reached is told as unavailable", Need.PULLS)
def unreachable(scene: Scene) -> None:
    visit = scene.visit()
    with visit.client() as client:
        visit.simulator.stop()
        ended = met(client.check)
    scene.expect(isinstance(ended, ProviderUnavailable), f"ended with {named(ended)}")


@check("fault.midway", "What fails after the first page is no end of the list", Need.PULLS)
def midway(scene: Scene) -> None:
    for kind in (FaultKind.SERVER_ERROR, FaultKind.HTML, FaultKind.TRUNCATED):
        visit = scene.visit()
        with visit.client() as client:
            pages = client.pull(visit.request())
            for page in pages:
                if _has_bookings(page):
                    break
            visit.strike(Fault(kind), anywhere=True)
            ended = met(lambda pages=pages: list(pages))  # type: ignore[misc]  # bound at once
        scene.skip_unless(visit.struck, "it asks nothing more after the first page")
        scene.expect(
            isinstance(ended, ProviderError), f"{kind} after the first page: {named(ended)}"
        )


@check("limit.seconds", "429 with Retry-After in seconds is waited for", Need.PULLS)
def retry_after_seconds(scene: Scene) -> None:
    visit = _limited(scene, str(_ASKED_SECONDS))
    longest = max(visit.clock.slept, default=0.0)
    scene.expect(longest >= _ASKED_SECONDS, f"waited {longest:.1f} s instead of {_ASKED_SECONDS} s")
    scene.expect(longest < _HOUR, f"waited {longest:.0f} s instead of {_ASKED_SECONDS} s")


@check("limit.date", "429 with Retry-After as an HTTP date is waited for", Need.PULLS)
def retry_after_date(scene: Scene) -> None:
    """The simulator's date is by this machine's clock."""
    visit = scene.visit()
    visit.clock.set(SystemClock().now())
    visit.strike(Fault(FaultKind.TOO_MANY_REQUESTS, times=1, retry_after=RETRY_AFTER_DATE))
    with visit.client_now() as client:
        pages = list(client.pull(visit.request()))
    longest = max(visit.clock.slept, default=0.0)
    scene.expect(visit.struck and pages, "the call that lists bookings was never made")
    scene.expect(longest > 0.9, f"waited {longest:.1f} s instead of about 2 s")
    scene.expect(longest < _HOUR, f"waited {longest:.0f} s instead of about 2 s")


@check("limit.missing", "429 without Retry-After is waited for as well", Need.PULLS)
def retry_after_missing(scene: Scene) -> None:
    visit = _limited(scene, RETRY_AFTER_MISSING)
    scene.expect(sum(visit.clock.slept) > 0, "asked again at once")


@check("limit.503", "503 with Retry-After is waited for", Need.PULLS)
def unavailable_for_seconds(scene: Scene) -> None:
    visit = _limited(scene, str(_ASKED_SECONDS), FaultKind.UNAVAILABLE)
    longest = max(visit.clock.slept, default=0.0)
    scene.expect(longest >= _ASKED_SECONDS, f"waited {longest:.1f} s instead of {_ASKED_SECONDS} s")


@check("limit.too_long", "429 for an hour ends the run and tells how long to rest", Need.PULLS)
def too_long(scene: Scene) -> None:
    visit = scene.visit()
    visit.strike(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after=str(_HOUR)))
    ended = met(visit.pull)
    scene.expect(isinstance(ended, RateLimited), f"ended with {named(ended)}, not RateLimited")
    told = int(ended.details.get("wait_seconds", 0)) if ended else 0
    scene.expect(told >= _HOUR - 10, f"tells a rest of {told} s, asked for {_HOUR} s")
    scene.expect(visit.struck <= 2, f"asked {visit.struck} times although told to wait")


@check("limit.for_good", "429 without end ends the run", Need.PULLS)
def limited_for_good(scene: Scene) -> None:
    visit = scene.visit()
    visit.strike(Fault(FaultKind.TOO_MANY_REQUESTS, retry_after="1"))
    ended = met(visit.pull)
    scene.expect(isinstance(ended, RateLimited), f"ended with {named(ended)}, not RateLimited")
    scene.expect(visit.struck <= _MOST_TRIES, f"asked {visit.struck} times in one run")


def _limited(
    scene: Scene, retry_after: str, kind: FaultKind = FaultKind.TOO_MANY_REQUESTS
) -> Visit:
    visit = scene.visit()
    visit.strike(Fault(kind, times=1, retry_after=retry_after))
    pulled = visit.pull()
    scene.expect(visit.struck, "the call that lists bookings was never made")
    _expect_all(scene, visit, pulled.bookings)
    return visit


def _expect_all(scene: Scene, visit: Visit, bookings: dict[str, BookingSnapshot]) -> None:
    unlike = visit.unlike(bookings)
    scene.expect(not unlike, unlike)


def _expect_error_or_all(
    scene: Scene, visit: Visit, request: PullRequest, *, after_one_page: Fault | None = None
) -> None:
    """`after_one_page`: it strikes when the first page that has bookings was taken."""
    pages: list[Page] = []

    def pull() -> None:
        fault = after_one_page
        with visit.client() as client:
            for page in client.pull(request):
                pages.append(page)
                if fault is not None and _has_bookings(page):
                    visit.strike(fault)
                    fault = None

    ended = met(pull)
    if after_one_page is None:
        scene.expect(visit.struck, "the call that lists bookings was never made")
    if ended is None:
        _expect_all(scene, visit, Pulled(pages).bookings)
    else:
        scene.expect(isinstance(ended, ProviderError), f"ended with {named(ended)}")


def _has_bookings(page: Page) -> bool:
    return any(isinstance(item.snapshot, BookingSnapshot) for item in page.items)
