"""Answers that are not what the vendor's documents promise, item by item."""

from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from domain.messages import ItemKind
from domain.snapshots import Extras
from domain.values import Absent, Field
from entrypoints.certification.adapter_harness import (
    AdapterHarness,
    PullResult,
    diff_bookings,
    observe_bookings,
)
from entrypoints.certification.check import Check, Requirement, check
from entrypoints.certification.check_context import CheckContext
from ports.errors import TooManyItems, UnreadableMessage, Unsupported

RUBBISH: Final = (b"", b"{", b"null", b"17", b'"text"', b"<a", b"<html/>", b"\xff\xfe", b"[[]]")
_LIMIT: Final = 100


def _corrupted_check(check_id: str, title: str, kind: FaultKind) -> Check:
    @check(check_id, title, Requirement.PULLS)
    def run_check(ctx: CheckContext) -> None:
        adapter = ctx.adapter()
        adapter.inject(Fault(kind))
        _expect_only_corrupted_rejected(ctx, adapter, adapter.pull())

    return run_check


CORRUPTED: Final = (
    _corrupted_check(
        "reading.unknown_state",
        "A state that nobody knows refuses that booking, and no other",
        FaultKind.UNKNOWN_STATE,
    ),
    _corrupted_check(
        "reading.wrong_type",
        "A value of the wrong type refuses that booking, and no other",
        FaultKind.WRONG_TYPES,
    ),
    _corrupted_check(
        "reading.missing_field",
        "A required field that is missing refuses that booking, by the field's name",
        FaultKind.MISSING_FIELD,
    ),
)


@check(
    "reading.new_field", "A field that nobody knows yet is kept in the extras", Requirement.PULLS
)
def new_field(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    before = adapter.pull().bookings
    adapter.inject(Fault(FaultKind.NEW_FIELD))
    after = adapter.pull()
    ctx.expect(adapter.injected, "the call that lists bookings was never made")
    ctx.expect(not after.refused, f"refused for it: {_reasons(after)}")
    diff = adapter.diff(after.bookings)
    ctx.expect(not diff, diff)
    for id_, snapshot in after.bookings.items():
        more = _paths(snapshot.extras) - _paths(before[id_].extras)
        ctx.expect(more, f"{id_}: the new field is in no extra")


@check("reading.stable", "The same answer is read the same twice", Requirement.PULLS)
def stable(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    first, second = adapter.pull().bookings, adapter.pull().bookings
    diff = [id_ for id_, snapshot in first.items() if second.get(id_) != snapshot]
    ctx.expect(first, "no booking was read")
    ctx.expect(not diff, f"{len(diff)} bookings read otherwise, e.g. {diff[:1]}")


@check("reading.versions", "A booking that changed has a later version", Requirement.PULLS)
def versions(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    before = adapter.pull().bookings
    adapter.prepare(ScenarioAction.AMEND)
    changed = adapter.simulator.act(ScenarioAction.AMEND)
    ctx.require_or_skip(changed, "its simulator amends nothing")
    again = adapter.simulator.act(ScenarioAction.CANCEL)
    after = adapter.pull().bookings
    amended = {id_ for id_ in (changed, again) if id_}
    for id_ in amended & before.keys() & after.keys():
        earlier, later = before[id_].version, after[id_].version
        ctx.expect(later > earlier, f"{id_}: {later.updated_at} is not later")
    ctx.expect(changed in after, f"{changed} is not told any more")


@check(
    "reading.whole_items",
    "Each item is a snapshot or a reason, with its own text",
    Requirement.PULLS,
)
def whole_items(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    pulled = adapter.pull()
    ctx.expect(pulled.items, "a pull of a hotel brought nothing")
    for item in pulled.items:
        ctx.expect((item.snapshot is None) is (item.reason is not None), "both or neither")
        ctx.expect(item.raw, "the item has no text of its own: it could not be replayed")
        has_id = item.snapshot is None or item.external_id == item.snapshot.external_id
        ctx.expect(has_id, f"the item's id is not its snapshot's: {item.external_id}")
    reasons = _reasons(pulled)
    ctx.expect(not pulled.refused, f"refused of a healthy hotel: {reasons}")


@check("reading.rubbish", "What is no message of the vendor is told as unreadable")
def rubbish(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    for kind in (ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY):
        for body in RUBBISH:
            try:
                read = adapter.provider.read_items(kind, [body], adapter.context, limit=_LIMIT)
            except (UnreadableMessage, TooManyItems, Unsupported):
                ctx.observed()
                continue
            understood = [item for item in read if item.snapshot is not None]
            ctx.expect(not understood, f"{body!r} was read as a {kind}")


@check(
    "reading.availability",
    "Availability has one cell to a room type and day",
    Requirement.AVAILABILITY,
)
def availability(ctx: CheckContext) -> None:
    ctx.require_or_skip(ctx.capabilities.pulls, "it declares that it is not pulled")
    adapter = ctx.adapter()
    items = [item for item in adapter.pull().items if item.kind is ItemKind.AVAILABILITY]
    ids = [item.external_id for item in items if item.snapshot is not None]
    ctx.require_or_skip(
        ids or ctx.capabilities.push_path is None, "a pull brings none: it is pushed"
    )
    ctx.expect(ids, "availability is declared, and a full pull brings none")
    ctx.expect(len(ids) == len(set(ids)), "a room type and day came twice")
    refused = [item.reason.detail for item in items if item.reason is not None]
    ctx.expect(not refused, f"refused: {refused[:1]}")


def _expect_only_corrupted_rejected(
    ctx: CheckContext, adapter: AdapterHarness, pulled: PullResult
) -> None:
    """Each answer had one spoiled item; the same booking may have come whole in another."""
    ctx.expect(adapter.injected, "the call that lists bookings was never made")
    refused = pulled.refused
    ctx.expect(refused, "nothing was refused: what can't be understood was guessed or dropped")
    ctx.expect(
        len(refused) <= adapter.injected,
        f"{len(refused)} refused of {adapter.injected} answers with one spoiled booking each",
    )
    for item in refused:
        ctx.expect(item.reason and item.reason.code and item.reason.path, "no path in the reason")
    ids = {item.external_id for item in refused}
    others = {
        id_: expected_booking
        for id_, expected_booking in adapter.expected_bookings().items()
        if id_ not in ids
    }
    observed = observe_bookings(
        {id_: snapshot for id_, snapshot in pulled.bookings.items() if id_ not in ids}
    )
    diff = diff_bookings(others, observed, adapter.window)
    ctx.expect(not diff, f"of those that were not spoiled: {diff}")
    ctx.expect(
        len(ids) < len(adapter.expected_bookings()) or len(pulled.bookings) > 0,
        "no booking came through",
    )


def _paths(extras: Field[Extras]) -> set[str]:
    return set() if isinstance(extras, Absent) else {path for path, _ in extras}


def _reasons(pulled: PullResult) -> str:
    details = [item.reason.detail for item in pulled.refused if item.reason]
    return "; ".join(details[:2])
