"""Fetching by id: after a notification, and for what a reconcile missed."""

from functools import partial
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from entrypoints.certification.check import Requirement, check, fetch_check
from entrypoints.certification.check_context import SOME, CheckContext
from ports.errors import ProviderError

_MANY: Final = 25


@fetch_check("fetch.current", "A fetched booking is in its current state")
def current_state(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.prepare(ScenarioAction.CANCEL)
    canceled = adapter.perform(ScenarioAction.CANCEL)
    ids = canceled or sorted(adapter.expected_bookings())[:1]
    ctx.expect(adapter.expected_bookings().keys() & ids, "the simulated hotel is empty")
    ctx.expect_no_difference(adapter.diff_of(ids, adapter.fetch(*ids).bookings))


@fetch_check("fetch.many", "Many ids in one fetch bring each booking in its current state")
def many_ids(ctx: CheckContext) -> None:
    adapter = ctx.adapter(SOME)
    ids = sorted(adapter.expected_bookings())[:_MANY]
    ctx.expect(ids, "the simulated hotel is empty")
    ctx.expect_no_difference(adapter.diff_of(ids, adapter.fetch(*ids).bookings))


@fetch_check("fetch.duplicate_ids", "An id that is given twice brings its booking once")
def duplicate_ids(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    id_ = min(adapter.expected_bookings())
    found = [item.external_id for item in adapter.fetch(id_, id_, id_).items]
    ctx.expect(found.count(id_) == 1, f"the booking came {found.count(id_)} times")


@fetch_check("fetch.unknown", "An unknown id (404) is left out without an error")
def unknown_id(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    existing_ids = sorted(adapter.expected_bookings())[:2]
    unknown_id = _nonexistent_id(existing_ids[0])
    found = adapter.fetch(existing_ids[0], unknown_id, existing_ids[1])
    ctx.expect(set(found.bookings) == set(existing_ids), f"fetched: {sorted(found.bookings)}")
    ctx.expect(not found.rejected, "an unknown booking was rejected, not left out")


@check(
    "fetch.deleted",
    "A deleted booking is left out",
    Requirement.FETCHES,
    Requirement.DELETION,
)
def deleted_booking(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.prepare(ScenarioAction.DELETE)
    ids = adapter.perform(ScenarioAction.DELETE)
    ctx.require_or_skip(ids, "this vendor's simulator deletes no bookings")
    ctx.expect(not adapter.fetch(*ids).bookings, f"{ids[0]} was deleted and is still fetched")


@fetch_check("fetch.failure", "A failed fetch is an error, not a deletion")
def failed_fetch(ctx: CheckContext) -> None:
    for kind in (FaultKind.SERVER_ERROR, FaultKind.HTML, FaultKind.FORBIDDEN):
        adapter = ctx.adapter()
        id_ = min(adapter.expected_bookings())
        with adapter.client() as client:
            client.check()
        adapter.inject(Fault(kind), anywhere=True)
        ctx.expect_error(partial(adapter.fetch, id_), ProviderError, during=str(kind))


def _nonexistent_id(id_: str) -> str:
    """An id of the same shape with its digits and letters permuted."""
    permuted = str.maketrans("0123456789abcdefABCDEFGHJK", "9876543210fedcbaKJHGFEDCBA")
    return id_.translate(permuted)
