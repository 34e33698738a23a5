"""What `pms map --explain` reports of XML is true: each attribute and text of a document is there
once; one that is kept is in the extras, one that is mapped changes the snapshot, any other one does
not."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.parsing.mapping_report import NOT_KEPT
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.simulator.dialect import Dialect
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, Snapshot
from ports.errors import UnreadableMessage
from ports.providers import ReadItem
from tests.providers.alpinebits.document_leaves import (
    AVAILABILITY_SAMPLES,
    CANCELLATION,
    FREE_ROOMS,
    RESERVATION_SAMPLES,
    RICH,
    Leaf,
    leaves,
    sample_document,
    simulated_documents,
    with_leaf,
)
from tests.providers.alpinebits.free_room_payloads import enveloped
from tests.providers.alpinebits.payloads import context, provider
from tests.providers.vendor_payloads import needs_samples

STEP: Final = re.compile(r"(@?\{[^}]*\}[^/\[]+|[^/\[]+)(\[\d+\])?")
MAPPED: Final = re.compile(r"^(?!\(|extras)")
OTHERS: Final = (
    *("Zed", "2", "7", "13", "1", "0", "2026-03-11", "2026-03-13", "2026-03-09", "true", "false"),
    *("12.5", "999", "USD", "FI", "fi", "Reserved", "In-house", "Cancelled", "Modify", "Commit"),
    *("2026-02-04T12:00:00Z", "P3N", "14", "10", "3", "customer comment", "Close", "Open", "6"),
    *("9", "MinLOS", "SetMaxLOS", "Departure", "2026-04-07", "2026-04-08"),
)


def read(root: XmlElement, *, explain: bool = False) -> list[ReadItem]:
    has_rooms = any(each.name.endswith(("InvCountNotifRQ", "AvailNotifRQ")) for each in root.walk())
    kind = ItemKind.AVAILABILITY if has_rooms else ItemKind.BOOKING
    body = scrub_bytes(write_xml(root))
    return list(provider.read_items(kind, [body], context(), limit=1_000, explain=explain))


def snapshots(root: XmlElement) -> list[Snapshot | None]:
    try:
        return [item.snapshot for item in read(root)]
    except UnreadableMessage:
        return []


def absolute(path: str, base: tuple[str, ...]) -> tuple[str, ...]:
    """With a number at each element. `base`: that of the item."""
    found = list(base)
    for name, number in STEP.findall(path):
        if name == "..":
            found.pop()
        else:
            found.append(name if name.startswith("@") else f"{name}{number or '[0]'}")
    return tuple(found)


def positions(root: XmlElement, leaf: Leaf) -> tuple[str, ...]:
    element, found = root, [f"{root.name}[0]"]
    for step in leaf.steps:
        child = element.children[step]
        siblings = [each for each in element.children if each.name == child.name]
        number = next(n for n, each in enumerate(siblings) if each is child)
        found.append(f"{child.name}[{number}]")
        element = child
    if leaf.attribute:
        local = leaf.attribute.rpartition("}")[2]
        is_ambiguous = local != leaf.attribute and local in element.attributes
        found.append(f"@{leaf.attribute if is_ambiguous else local}")
    return tuple(found)


def item_base(root: XmlElement) -> tuple[str, ...]:
    """The path of the only item."""
    base = [f"{root.name}[0]"]
    message = root
    if root.name == "Envelope":
        message = next(child for child in root.children if child.name == "Body").children[0]
        base += ["Body[0]", f"{message.name}[0]"]
    for container in message.children:
        for element in container.children:
            if element.name == "HotelReservation":
                return (*base, f"{container.name}[0]", "HotelReservation[0]")
    return tuple(base)


def untrue_reports(root: XmlElement) -> Iterator[str]:
    """Of a document with one item."""
    (item,) = read(root, explain=True)
    assert item.snapshot is not None, item.reason
    base = item_base(root)
    trace = {absolute(path, base): target for path, target in item.field_trace}
    assert len(trace) == len(item.field_trace)
    places = {positions(root, leaf): leaf for leaf in leaves(root)}
    assert trace.keys() == places.keys()
    kept: dict[tuple[str, ...], str] = {}
    if isinstance(item.snapshot, BookingSnapshot) and isinstance(item.snapshot.extras, tuple):
        kept = {absolute(path, base): text for path, text in item.snapshot.extras}
    assert kept.keys() == {place for place, target in trace.items() if "extras" in target}
    before = snapshots(root)
    for place, leaf in places.items():
        target = trace[place]
        candidates = OTHERS[::4] if target == NOT_KEPT else OTHERS
        results = (snapshots(with_leaf(root, leaf, other)) for other in candidates)
        if MAPPED.match(target) and all(found == before for found in results):
            yield f"{'/'.join(place)}: {target}, but nothing changes"
        elif target == NOT_KEPT and any(found not in ([None], [], before) for found in results):
            yield f"{'/'.join(place)}: {target}, but the snapshot changes"


def documents() -> Iterator[tuple[str, XmlElement]]:
    yield "rich", parse_xml(RICH.encode())
    yield "cancellation", parse_xml(CANCELLATION.encode())
    yield "cancellation in an envelope", parse_xml(enveloped(CANCELLATION.encode()))
    yield "free rooms", parse_xml(FREE_ROOMS.encode())
    yield "free rooms in an envelope", parse_xml(enveloped(FREE_ROOMS.encode()))
    for dialect in Dialect:
        for number, root in enumerate(simulated_documents(dialect)):
            yield f"{dialect}-{number}", root
        yield f"{dialect} in an envelope", parse_xml(enveloped(write_xml(root, declaration=False)))


DOCUMENTS: Final = dict(documents())


class TestDocuments:
    @pytest.mark.parametrize("name", DOCUMENTS)
    def test_are_explained_truly(self, name: str) -> None:
        assert list(untrue_reports(DOCUMENTS[name])) == []


@needs_samples
class TestSamples:
    @pytest.mark.parametrize("name", [*RESERVATION_SAMPLES, *AVAILABILITY_SAMPLES])
    def test_are_explained_truly(self, name: str) -> None:
        assert list(untrue_reports(sample_document(name))) == []
