"""Removed, duplicated and changed elements: the reservation is mapped or rejected with its path."""

import random
from dataclasses import replace

import pytest

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.providers.alpinebits.simulator.dialect import BookingViews, Dialect
from adapters.outbound.providers.alpinebits.simulator.reservations import ReservationWriter
from ports.providers import ReadItem
from tests.providers.alpinebits.payloads import pushed, read, reservation

INVALID_VALUES = (
    "", "0", "-1", "1e9", "99999999999999999999", "2026-02-30", "9999-12-31", "0001-01-01",
    "2026-03-10T25:00:00Z", "9999-12-31T23:59:59-14:00", "P0N", "P9999N", "NaN", "ß\u202e", "true",
    "x" * 300, "Cancelled", "EUR", "15", "1.005",
)  # fmt: skip


def invalid_variants(element: XmlElement, source: random.Random, rate: float) -> XmlElement | None:
    """Removed, or with other attributes and texts, fewer or more children."""
    if source.random() < rate / 3:
        return None
    attributes = {
        name: source.choice(INVALID_VALUES) if source.random() < rate else value
        for name, value in element.attributes.items()
        if source.random() > rate / 2
    }
    children: list[XmlElement] = []
    for child in element.children:
        kept = invalid_variants(child, source, rate)
        if kept is not None:
            children += [kept] * (2 if source.random() < rate / 4 else 1)
    text = source.choice(INVALID_VALUES) if source.random() < rate else element.text
    return replace(element, attributes=attributes, children=tuple(children), text=text)


def check_item(item: ReadItem) -> None:
    """Mapped, or rejected with its path; and read again from its raw text to the same result."""
    assert (item.snapshot is None) != (item.reason is None)
    if item.reason is not None:
        parent = "HotelReservations/HotelReservation[0]/"
        assert (item.reason.path or "").startswith(parent), item.reason
    (again,) = read(item.raw)
    assert (again.snapshot, again.reason) == (item.snapshot, item.reason)


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.4])
class TestInvalidDocuments:
    def test_are_mapped_or_rejected_with_path(self, dialect: Dialect, rate: float) -> None:
        source = random.Random(f"{dialect}:{rate}")
        hotel = create_activity_generator(bookings=120).hotel
        writer = ReservationWriter(BookingViews(hotel, dialect))
        rejected = mapped = 0
        for booking in hotel.bookings.values():
            root = writer.notification(booking)
            held = root.children[0]
            kept = invalid_variants(held.children[0], source, rate)
            reported = (kept,) if kept is not None else ()
            body = write_xml(replace(root, children=(replace(held, children=reported),)))
            items = read(body, explain=True)
            assert len(items) == len(reported)
            for item in items:
                check_item(item)
                rejected += item.reason is not None
                mapped += item.snapshot is not None
        assert rejected
        assert mapped or rate > 0.2


class TestInvalidDocumentErrors:
    def test_error_never_quotes_input(self) -> None:
        odd = "<SECRET-VALUE-4711>"
        attributes = 'ResStatus="Reserved" LastModifyDateTime="&lt;SECRET-VALUE-4711&gt;"'
        (item,) = read(pushed(reservation(attributes=attributes)))
        assert item.reason is not None
        assert odd not in item.reason.detail
        assert parse_xml(item.raw).name == "OTA_HotelResNotifRQ"
