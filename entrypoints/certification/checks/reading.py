"""Answers that are not what the vendor's documents promise, item by item."""

from typing import Final

from adapters.outbound.provider_kit.simulation.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.stage import Act
from domain.messages import ItemKind
from domain.snapshots import Extras
from domain.values import Absent, Field
from entrypoints.certification.check import Check, Need, check
from entrypoints.certification.scene import Scene
from entrypoints.certification.visit import Pulled, Visit, differences, seen_in
from ports.errors import TooManyItems, UnreadableMessage, Unsupported

RUBBISH: Final = (b"", b"{", b"null", b"17", b'"text"', b"<a", b"<html/>", b"\xff\xfe", b"[[]]")
_LIMIT: Final = 100


def _spoiled(check_id: str, title: str, kind: FaultKind) -> Check:
    @check(check_id, title, Need.PULLS)
    def look(scene: Scene) -> None:
        visit = scene.visit()
        visit.strike(Fault(kind))
        _expect_only_the_spoiled_refused(scene, visit, visit.pull())

    return look


SPOILED: Final = (
    _spoiled(
        "reading.unknown_state",
        "A state that nobody knows refuses that booking, and no other",
        FaultKind.UNKNOWN_STATE,
    ),
    _spoiled(
        "reading.wrong_type",
        "A value of the wrong type refuses that booking, and no other",
        FaultKind.WRONG_TYPES,
    ),
    _spoiled(
        "reading.missing_field",
        "A required field that is missing refuses that booking, by the field's name",
        FaultKind.MISSING_FIELD,
    ),
)


@check("reading.new_field", "A field that nobody knows yet is kept in the extras", Need.PULLS)
def new_field(scene: Scene) -> None:
    visit = scene.visit()
    before = visit.pull().bookings
    visit.strike(Fault(FaultKind.NEW_FIELD))
    after = visit.pull()
    scene.expect(visit.struck, "the call that lists bookings was never made")
    scene.expect(not after.refused, f"refused for it: {_reasons(after)}")
    unlike = visit.unlike(after.bookings)
    scene.expect(not unlike, unlike)
    for id_, said in after.bookings.items():
        more = _paths(said.extras) - _paths(before[id_].extras)
        scene.expect(more, f"{id_}: the new field is in no extra")


@check("reading.stable", "The same answer is read the same twice", Need.PULLS)
def stable(scene: Scene) -> None:
    visit = scene.visit()
    first, second = visit.pull().bookings, visit.pull().bookings
    unlike = [id_ for id_, said in first.items() if second.get(id_) != said]
    scene.expect(first, "no booking was read")
    scene.expect(not unlike, f"{len(unlike)} bookings read otherwise, e.g. {unlike[:1]}")


@check("reading.versions", "A booking that changed has a later version", Need.PULLS)
def versions(scene: Scene) -> None:
    visit = scene.visit()
    before = visit.pull().bookings
    visit.prepare(Act.AMEND)
    changed = visit.simulator.act(Act.AMEND)
    scene.skip_unless(changed, "its simulator amends nothing")
    again = visit.simulator.act(Act.CANCEL)
    after = visit.pull().bookings
    amended = {id_ for id_ in (changed, again) if id_}
    for id_ in amended & before.keys() & after.keys():
        earlier, later = before[id_].version, after[id_].version
        scene.expect(later > earlier, f"{id_}: {later.updated_at} is not later")
    scene.expect(changed in after, f"{changed} is not told any more")


@check("reading.whole_items", "Each item is a snapshot or a reason, with its own text", Need.PULLS)
def whole_items(scene: Scene) -> None:
    visit = scene.visit()
    pulled = visit.pull()
    scene.expect(pulled.items, "a pull of a hotel brought nothing")
    for item in pulled.items:
        scene.expect((item.snapshot is None) is (item.reason is not None), "both or neither")
        scene.expect(item.raw, "the item has no text of its own: it could not be replayed")
        has_id = item.snapshot is None or item.external_id == item.snapshot.external_id
        scene.expect(has_id, f"the item's id is not its snapshot's: {item.external_id}")
    reasons = _reasons(pulled)
    scene.expect(not pulled.refused, f"refused of a healthy hotel: {reasons}")


@check("reading.rubbish", "What is no message of the vendor is told as unreadable")
def rubbish(scene: Scene) -> None:
    visit = scene.visit()
    for kind in (ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY):
        for body in RUBBISH:
            try:
                read = visit.provider.read_items(kind, [body], visit.context, limit=_LIMIT)
            except (UnreadableMessage, TooManyItems, Unsupported):
                scene.seen()
                continue
            understood = [item for item in read if item.snapshot is not None]
            scene.expect(not understood, f"{body!r} was read as a {kind}")


@check(
    "reading.availability", "Availability has one cell to a room type and day", Need.AVAILABILITY
)
def availability(scene: Scene) -> None:
    scene.skip_unless(scene.capabilities.pulls, "it declares that it is not pulled")
    visit = scene.visit()
    items = [item for item in visit.pull().items if item.kind is ItemKind.AVAILABILITY]
    ids = [item.external_id for item in items if item.snapshot is not None]
    scene.skip_unless(
        ids or scene.capabilities.push_path is None, "a pull brings none: it is pushed"
    )
    scene.expect(ids, "availability is declared, and a full pull brings none")
    scene.expect(len(ids) == len(set(ids)), "a room type and day came twice")
    refused = [item.reason.detail for item in items if item.reason is not None]
    scene.expect(not refused, f"refused: {refused[:1]}")


def _expect_only_the_spoiled_refused(scene: Scene, visit: Visit, pulled: Pulled) -> None:
    """Each answer had one spoiled item; the same booking may have come whole in another."""
    scene.expect(visit.struck, "the call that lists bookings was never made")
    refused = pulled.refused
    scene.expect(refused, "nothing was refused: what can't be understood was guessed or dropped")
    scene.expect(
        len(refused) <= visit.struck,
        f"{len(refused)} refused of {visit.struck} answers with one spoiled booking each",
    )
    for item in refused:
        scene.expect(item.reason and item.reason.code and item.reason.path, "no path in the reason")
    ids = {item.external_id for item in refused}
    others = {id_: true for id_, true in visit.truth().items() if id_ not in ids}
    seen = seen_in({id_: said for id_, said in pulled.bookings.items() if id_ not in ids})
    unlike = differences(others, seen, visit.window)
    scene.expect(not unlike, f"of those that were not spoiled: {unlike}")
    scene.expect(
        len(ids) < len(visit.truth()) or len(pulled.bookings) > 0, "no booking came through"
    )


def _paths(extras: Field[Extras]) -> set[str]:
    return set() if isinstance(extras, Absent) else {path for path, _ in extras}


def _reasons(pulled: Pulled) -> str:
    told = [item.reason.detail for item in pulled.refused if item.reason]
    return "; ".join(told[:2])
