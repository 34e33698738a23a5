"""Answers that differ from the vendor's documentation, item by item."""

from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from domain.messages import ItemKind
from domain.snapshots import Extras
from domain.values import Absent, Field
from entrypoints.certification.adapter_harness import AdapterHarness, PullResult
from entrypoints.certification.booking_diff import diff_bookings, observe_snapshots
from entrypoints.certification.check import Requirement, check, pull_check, pull_check_for_each
from entrypoints.certification.check_context import CheckContext
from ports.errors import TooManyItems, UnreadableMessage, Unsupported

MALFORMED: Final = (b"", b"{", b"null", b"17", b'"text"', b"<a", b"<html/>", b"\xff\xfe", b"[[]]")
_LIMIT: Final = 100


@pull_check_for_each(
    "reading",
    ("unknown_state", "An unknown state rejects only its booking", FaultKind.UNKNOWN_STATE),
    ("wrong_type", "A value of the wrong type rejects only its booking", FaultKind.WRONG_TYPES),
    (
        "missing_field",
        "A missing required field rejects only its booking and is named",
        FaultKind.MISSING_FIELD,
    ),
)
def corrupted_item(ctx: CheckContext, kind: FaultKind) -> None:
    adapter = ctx.adapter()
    adapter.inject(Fault(kind))
    _expect_only_corrupted_rejected(ctx, adapter, adapter.pull())


@pull_check("reading.new_field", "An unknown field is kept in the extras")
def new_field(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    before = adapter.pull().bookings
    adapter.inject(Fault(FaultKind.NEW_FIELD))
    after = adapter.pull()
    ctx.expect_injected(adapter)
    ctx.expect(not after.rejected, f"rejected for an unknown field: {_reasons(after)}")
    ctx.expect_no_difference(adapter.diff(after.bookings))
    for id_, snapshot in after.bookings.items():
        added = _paths(snapshot.extras) - _paths(before[id_].extras)
        ctx.expect(added, f"{id_}: the new field is not in the extras")


@pull_check("reading.stable", "Reading the same answer twice gives equal snapshots")
def stable_snapshots(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    first, second = adapter.pull().bookings, adapter.pull().bookings
    changed = [id_ for id_, snapshot in first.items() if second.get(id_) != snapshot]
    ctx.expect(first, "no booking was read")
    ctx.expect(not changed, f"{len(changed)} bookings differ, e.g. {changed[:1]}")


@pull_check("reading.versions", "A changed booking has a later version")
def later_versions(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    before = adapter.pull().bookings
    adapter.prepare(ScenarioAction.AMEND)
    amended = adapter.perform(ScenarioAction.AMEND)
    ctx.require_or_skip(amended, "its simulator can't amend a booking")
    canceled = adapter.perform(ScenarioAction.CANCEL)
    after = adapter.pull().bookings
    for id_ in {*amended, *canceled} & before.keys() & after.keys():
        earlier, later = before[id_].version, after[id_].version
        ctx.expect(later > earlier, f"{id_}: {later.updated_at} is not later")
    ctx.expect(amended[0] in after, f"{amended[0]} is missing after it was amended")


@pull_check(
    "reading.complete_items", "Each item has either a snapshot or a reason, and its own raw text"
)
def complete_items(ctx: CheckContext) -> None:
    pulled = ctx.adapter().pull()
    ctx.expect(pulled.items, "a full pull returned no item")
    for item in pulled.items:
        has_one = (item.snapshot is None) is (item.reason is not None)
        ctx.expect(has_one, "an item has both a snapshot and a reason, or neither")
        ctx.expect(item.raw, "an item has no raw text: it can't be replayed")
        has_id = item.snapshot is None or item.external_id == item.snapshot.external_id
        ctx.expect(has_id, f"the item's id differs from its snapshot's: {item.external_id}")
    ctx.expect(not pulled.rejected, f"rejected without a fault: {_reasons(pulled)}")


@check("reading.malformed", "A malformed message is reported as unreadable")
def malformed_messages(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    for kind in (ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY):
        for body in MALFORMED:
            try:
                items = adapter.provider.read_items(kind, [body], adapter.context, limit=_LIMIT)
            except (UnreadableMessage, TooManyItems, Unsupported):
                ctx.count_expectation()
                continue
            accepted = [item for item in items if item.snapshot is not None]
            ctx.expect(not accepted, f"{body!r} was read as a {kind}")


@check(
    "reading.availability",
    "Availability has one cell per room type and day",
    Requirement.AVAILABILITY,
)
def availability_cells(ctx: CheckContext) -> None:
    ctx.require_or_skip(ctx.capabilities.pulls, "the provider does not declare pulls")
    items = [item for item in ctx.adapter().pull().items if item.kind is ItemKind.AVAILABILITY]
    ids = [item.external_id for item in items if item.snapshot is not None]
    ctx.require_or_skip(
        ids or ctx.capabilities.push_path is None, "availability is pushed, not pulled"
    )
    ctx.expect(ids, "availability is declared, and a full pull returns none")
    ctx.expect(len(ids) == len(set(ids)), "a room type and day came twice")
    rejected = [item.reason.detail for item in items if item.reason is not None]
    ctx.expect(not rejected, f"rejected: {rejected[:1]}")


def _expect_only_corrupted_rejected(
    ctx: CheckContext, adapter: AdapterHarness, pulled: PullResult
) -> None:
    """One item of each answer was corrupted; another answer may have the same booking intact."""
    rejected, answers = pulled.rejected, adapter.injected
    ctx.expect_injected(adapter)
    ctx.expect(rejected, "nothing was rejected: unreadable values were guessed or dropped")
    ctx.expect(
        len(rejected) <= answers,
        f"{len(rejected)} rejected in {answers} answers with one corrupted booking each",
    )
    for item in rejected:
        has_path = item.reason and item.reason.code and item.reason.path
        ctx.expect(has_path, "the reason has no code or no path")
    _expect_others_correct(ctx, adapter, pulled, {item.external_id for item in rejected})


def _expect_others_correct(
    ctx: CheckContext, adapter: AdapterHarness, pulled: PullResult, corrupted: set[str | None]
) -> None:
    expected = adapter.expected_bookings()
    difference = diff_bookings(
        {id_: booking for id_, booking in expected.items() if id_ not in corrupted},
        observe_snapshots({i: each for i, each in pulled.bookings.items() if i not in corrupted}),
        adapter.window,
    )
    ctx.expect_no_difference(difference, "of the intact bookings")
    ctx.expect(len(corrupted) < len(expected) or pulled.bookings, "no booking was accepted")


def _paths(extras: Field[Extras]) -> set[str]:
    return set() if isinstance(extras, Absent) else {path for path, _ in extras}


def _reasons(pulled: PullResult) -> str:
    details = [item.reason.detail for item in pulled.rejected if item.reason]
    return "; ".join(details[:2])
