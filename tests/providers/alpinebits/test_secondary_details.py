"""Invalid details of OTA documents never refuse a booking: what may is listed in
docs/providers/alpinebits.md, any other is absent, or kept in the extras with a remark."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Final

import pytest

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.simulator.dialect import Dialect
from domain.snapshots import BookingSnapshot
from tests.providers.alpinebits.document_leaves import (
    CANCELLATION,
    RESERVATION_SAMPLES,
    RICH,
    Leaf,
    changed_at,
    leaves,
    sample_document,
    simulated_documents,
    with_leaf,
)
from tests.providers.alpinebits.payloads import read
from tests.providers.vendor_payloads import ROOT, needs_samples

RUBBISH: Final = (
    *(None, "", " \n ", "?", "x" * 5_000, "-1", "NaN", "true", "2026-02-30", "10.03.2026"),
    *("9" * 30, "1.2345", "*****", "a\tb\x85\u202e\ufffe", "Ada, Bea"),
)
"""None removes the value."""

GROUPS: Final = 4

Change = Callable[[XmlElement], list[XmlElement]]
STRUCTURES: Final[dict[str, Change]] = {
    "removed": lambda element: [],
    "twice": lambda element: [element, element],
    "nested": lambda element: [replace(element, children=(*element.children, element))],
    "emptied": lambda element: [XmlElement(name=element.name, namespace=element.namespace)],
    "with text": lambda element: [replace(element, text=f"{element.text} text")],
    "with a child": lambda element: [
        replace(element, children=(XmlElement(name="Odd", text="odd"), *element.children))
    ],
}
DECISIVE_ELEMENTS: Final = re.compile(
    r"/(HotelReservation|UniqueID|HotelReservationIDs?|RoomStays?|RoomRates?|Rates?|ResGlobalInfo"
    r"|TimeSpan|Total|HotelReservations|ReservationsList)$"
)


@cache
def may_refuse() -> tuple[str, ...]:
    text = (ROOT / "docs" / "providers" / "alpinebits.md").read_text()
    section = text.split("## What may refuse a booking")[1].split("\n\n")[1]
    return tuple(re.findall(r"`([^`]+)`", section))


def is_listed(label: str) -> bool:
    return any(f"/{each}/" in f"/{label}/" for each in may_refuse())


def refusals(bookings: int, odd: XmlElement) -> Iterator[str]:
    items = read(write_xml(odd), explain=True)
    if len(items) != bookings:
        yield "the booking is gone"
    for item in items:
        if item.reason is not None:
            yield f"{item.reason.code} {item.reason.path}"
            continue
        assert isinstance(item.snapshot, BookingSnapshot)
        kept = {path for path, _ in item.snapshot.extras or ()}
        reported = {path for path, target in item.field_trace if "extras" in target}
        if kept != reported:
            yield f"reported as kept, or kept, only: {kept ^ reported}"


def odd_leaves(root: XmlElement) -> Iterator[Leaf]:
    """Those that must not refuse."""
    return (leaf for leaf in leaves(root) if not is_listed(leaf.label))


def odd_elements(
    element: XmlElement, names: str = "", steps: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], str]]:
    for position, child in enumerate(element.children):
        label = f"{names or element.name}/{child.name}"
        place = (*steps, position)
        if not is_listed(label) and not DECISIVE_ELEMENTS.search(label):
            yield place, label
        yield from odd_elements(child, label, place)


DOCUMENTS: Final = {
    "rich": parse_xml(RICH.encode()),
    "cancellation": parse_xml(CANCELLATION.encode()),
    **{f"{each}": simulated_documents(each)[0] for each in Dialect},
}


def check_values(root: XmlElement) -> set[tuple[str, str]]:
    """Several leaves are odd at once, so that a few documents have every odd value at each."""
    found, bookings = list(odd_leaves(root)), len(read(write_xml(root)))
    changed = set()
    for value in RUBBISH:
        for group in range(GROUPS):
            odd = root
            for leaf in found[group::GROUPS]:
                odd = with_leaf(odd, leaf, value)
            changed |= {(repr(value)[:20], fault) for fault in refusals(bookings, odd)}
    return changed


def check_elements(root: XmlElement) -> set[tuple[str, str]]:
    found: dict[str, tuple[int, ...]] = {}
    for place, label in odd_elements(root):
        found.setdefault(label, place)
    bookings, changed = len(read(write_xml(root))), set()
    for name, change in STRUCTURES.items():
        for group in range(GROUPS):
            odd = root
            for place in sorted(list(found.values())[group::GROUPS], reverse=True):
                odd = changed_at(odd, place, change)
            changed |= {(name, fault) for fault in refusals(bookings, odd)}
    return changed


@pytest.mark.parametrize("name", DOCUMENTS)
class TestDetails:
    def test_that_are_odd_never_refuse_a_booking(self, name: str) -> None:
        assert check_values(DOCUMENTS[name]) == set()

    def test_with_an_odd_structure_never_refuse_a_booking(self, name: str) -> None:
        assert check_elements(DOCUMENTS[name]) == set()


@needs_samples
@pytest.mark.parametrize("name", RESERVATION_SAMPLES)
class TestSamples:
    def test_odd_details_never_refuse_a_booking(self, name: str) -> None:
        assert check_values(sample_document(name)) == set()

    def test_odd_structure_never_refuses_a_booking(self, name: str) -> None:
        assert check_elements(sample_document(name)) == set()


class TestRemarks:
    @pytest.mark.parametrize(
        ("sent", "path", "expected"),
        [
            ('Count="2"', "GuestCounts/GuestCount[0]/@Count", "an integer"),
            ('Age="7"', "GuestCounts/GuestCount[1]/@Age", "an integer"),
            ('RoomID="101"', "RoomTypes/RoomType[0]/@RoomID", "send 1 to 200"),
            ('IndexNumber="1"', "@IndexNumber", "send 1 to 200"),
            ('RatePlanCode="FLEX" RatePlanName', "RatePlans/RatePlan[0]/@RatePlanCode", "send 1"),
            ('ExpireDate="2026-03-11"', "Rates/Rate[0]/@ExpireDate", "a date as YYYY-MM-DD"),
            ('"90.00"', "Rates/Rate[0]/Base/@AmountAfterTax", "a number with a point"),
            ('PrimaryIndicator="false"', "ResGuest[1]/@PrimaryIndicator", "true or false"),
            ('ID="4711"', "ProfileInfo[0]/UniqueID[0]/@ID", "send 1 to 200"),
            ('Code="AT"', "CountryName/@Code", "an ISO 3166 country code"),
            ("FI<", "CountryName", "an ISO 3166 country code"),
            ('CreateDateTime="2026-02-01T10:00:00+01:00"', "@CreateDateTime", "an ISO 8601"),
        ],
    )
    def test_say_what_was_expected(self, sent: str, path: str, expected: str) -> None:
        odd = re.sub(r'"[^"]*"|^[^"]*(?=<$)', lambda found: odd_value(found[0]), sent, count=1)
        assert sent in RICH
        (item,) = read(RICH.replace(sent, odd, 1).encode(), explain=True)
        assert item.reason is None
        targets = [target for each, target in item.field_trace if each.endswith(path)]
        assert any(each.startswith(f"extras (expected {expected}") for each in targets), targets


def odd_value(sent: str) -> str:
    long = "x" * 300
    return f'"{long}"' if sent.startswith('"') else long
