"""The published messages with one part changed, compared with validation by the XSDs."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest
from lxml import etree

from domain.messages import ItemKind
from tests.providers.alpinebits.payloads import context, provider, sample
from tests.providers.vendor_payloads import spec_path

RESERVATIONS: Final = (
    "alpinebits-2018_10-GuestRequests-OTA_HotelResNotifRQ-reservation-push.xml",
    "alpinebits-2018_10-GuestRequests-OTA_ResRetrieveRS-reservation.xml",
)
FREE_ROOMS: Final = (
    "alpinebits-2017_10-FreeRooms-OTA_HotelAvailNotifRQ.xml",
    "alpinebits-2020_10-FreeRooms-OTA_HotelInvCountNotifRQ.xml",
    "alpinebits-2020_10-HotelAvailNotifRQ_ok_delta-and-rooms.xml",
)
NEEDED: Final = ("TimeSpan/@Start", "TimeSpan/@End")
"""Required for a stay; optional in the XSD because of quote requests."""


@cache
def xsd(name: str) -> etree.XMLSchema:
    version = name.split("-")[1].replace("_", "-")
    path = spec_path("alpinebits", f"alpinebits-{version}-{version}.xsd")
    return etree.XMLSchema(etree.parse(path))


def elements(tree: etree._ElementTree) -> list[etree._Element]:
    return list(tree.getroot().iter(etree.Element))


def without_one(body: bytes) -> Iterator[tuple[str, etree._ElementTree]]:
    """The name of an element or attribute."""
    complete = etree.ElementTree(etree.fromstring(body))
    for number, element in enumerate(elements(complete)[1:], start=1):
        name = etree.QName(element).localname
        tree = copy.deepcopy(complete)
        removed = elements(tree)[number]
        parent = removed.getparent()
        if parent is not None:
            parent.remove(removed)
            yield name, tree
        for attribute in element.attrib:
            tree = copy.deepcopy(complete)
            del elements(tree)[number].attrib[attribute]
            yield f"{name}/@{attribute}", tree


def twice(body: bytes) -> Iterator[tuple[str, etree._ElementTree]]:
    complete = etree.ElementTree(etree.fromstring(body))
    for number in range(1, len(elements(complete))):
        tree = copy.deepcopy(complete)
        element = elements(tree)[number]
        element.addnext(copy.deepcopy(element))
        yield etree.QName(element).localname, tree


class TestValidReservation:
    @pytest.mark.parametrize("name", RESERVATIONS)
    def test_is_mapped_or_lacks_a_required_field(self, name: str) -> None:
        allowed = 0
        for removed, tree in without_one(sample(name)):
            if not xsd(name).validate(tree):
                continue
            allowed += 1
            body = etree.tostring(tree)
            for item in provider.read_items(ItemKind.BOOKING, [body], context(), limit=9):
                if item.reason is not None:
                    assert removed in NEEDED, item.reason
                    assert (item.reason.path or "").endswith(removed)
        assert allowed > 10


class TestInvalidFreeRooms:
    @pytest.mark.parametrize("name", FREE_ROOMS)
    def test_rejects_duplicates(self, name: str) -> None:
        """A duplicate could not be stored anywhere."""
        forbidden = 0
        for _, tree in twice(sample(name)):
            if xsd(name).validate(tree):
                continue
            forbidden += 1
            body = etree.tostring(tree)
            (item,) = provider.read_items(ItemKind.AVAILABILITY, [body], context(), limit=9)
            assert item.reason is not None
        assert forbidden
