"""Asking by id: what a webhook named, and what a reconcile missed."""

from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from entrypoints.certification.adapter_harness import (
    catch_error,
    describe_error,
    diff_bookings,
    observe_bookings,
)
from entrypoints.certification.check import Requirement, check
from entrypoints.certification.check_context import SOME, CheckContext
from ports.errors import ProviderError

_MANY: Final = 25


@check("fetch.current", "A booking asked for by id is as it is now", Requirement.FETCHES)
def current(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.prepare(ScenarioAction.CANCEL)
    canceled = adapter.simulator.act(ScenarioAction.CANCEL)
    asked = [canceled] if canceled else sorted(adapter.expected_bookings())[:1]
    found = adapter.fetch(*asked).bookings
    expected_bookings = {
        id_: expected_booking
        for id_, expected_booking in adapter.expected_bookings().items()
        if id_ in asked
    }
    diff = diff_bookings(expected_bookings, observe_bookings(found))
    ctx.expect(expected_bookings, "the simulated hotel is empty")
    ctx.expect(not diff, diff)


@check("fetch.many", "Many at once, each as it is", Requirement.FETCHES)
def many(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SimulatorOptions(bookings=SOME))
    expected_bookings = dict(sorted(adapter.expected_bookings().items())[:_MANY])
    diff = diff_bookings(
        expected_bookings, observe_bookings(adapter.fetch(*expected_bookings).bookings)
    )
    ctx.expect(expected_bookings, "the simulated hotel is empty")
    ctx.expect(not diff, diff)


@check("fetch.twice_named", "One that is named twice comes once", Requirement.FETCHES)
def twice_named(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    id_ = min(adapter.expected_bookings())
    found = [item.external_id for item in adapter.fetch(id_, id_, id_).items]
    ctx.expect(found.count(id_) == 1, f"it came {found.count(id_)} times")


@check("fetch.unknown", "What is not there (404) is left out, and is no error", Requirement.FETCHES)
def unknown(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    existing_ids = sorted(adapter.expected_bookings())[:2]
    absent = _nonexistent_id(existing_ids[0])
    found = adapter.fetch(existing_ids[0], absent, existing_ids[1])
    ctx.expect(set(found.bookings) == set(existing_ids), f"came: {sorted(found.bookings)}")
    ctx.expect(not found.refused, "what is not there was refused, not left out")


@check(
    "fetch.deleted",
    "A booking that was deleted is not there any more",
    Requirement.FETCHES,
    Requirement.DELETION,
)
def deleted(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.prepare(ScenarioAction.DELETE)
    gone = adapter.simulator.act(ScenarioAction.DELETE)
    ctx.require_or_skip(gone, "nothing is ever deleted at this vendor's simulator")
    ctx.expect(gone not in adapter.fetch(gone or "").bookings, f"{gone} was deleted and is told")


@check(
    "fetch.failure",
    "A fetch that fails is an error, not a booking that is gone",
    Requirement.FETCHES,
)
def failure(ctx: CheckContext) -> None:
    for kind in (FaultKind.SERVER_ERROR, FaultKind.HTML, FaultKind.FORBIDDEN):
        adapter = ctx.adapter()
        id_ = min(adapter.expected_bookings())
        with adapter.client() as client:
            client.check()
            adapter.inject(Fault(kind), anywhere=True)
            ended = catch_error(lambda adapter=adapter, id_=id_: adapter.fetch(id_))  # type: ignore[misc]  # bound at once
        ctx.expect(isinstance(ended, ProviderError), f"{kind}: {describe_error(ended)}")


def _nonexistent_id(id_: str) -> str:
    """An id of the same shape that nothing has: its last digits and letters are others."""
    turned = str.maketrans("0123456789abcdefABCDEFGHJK", "9876543210fedcbaKJHGFEDCBA")
    return id_.translate(turned)
