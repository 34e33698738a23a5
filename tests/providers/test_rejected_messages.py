"""Bodies that are not messages of a vendor: each is rejected with UnreadableMessage."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from domain.messages import ItemKind
from ports.errors import UnreadableMessage
from ports.providers import Provider
from tests.providers.alpinebits.payloads import provider as alpinebits
from tests.providers.apaleo.payloads import provider as apaleo
from tests.providers.cloudbeds.payloads import provider as cloudbeds
from tests.providers.mews.payloads import provider as mews
from tests.providers.ohip.payloads import provider as ohip
from tests.providers.vendor_payloads import hotel_context, installed_provider

BOOKING, GUEST, AVAILABILITY = ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY
ANY_VENDOR: Final = (
    b"",
    b"17",
    b"null",
    b'"Reservations"',
    b"{",
    b"nope",
    b"{}",
    b'{"a": 1}',
    b"\xff",
    b"<html><body>maintenance</body></html>",
    b"<!DOCTYPE html><html>",
)
MEWS: Final = (
    b"[]",
    b'{"Message": "Too many requests"}',
    b'{"reservations": []}',
    b'{"Reservations": {}, "Customers": {}, "ResourceCategoryAvailabilities": 1}',
    b'{"Reservations": null, "Customers": null}',
    b'[{"foo": 1}]',
    b'{"Reservations": [], "Reservations": []}',
)
ITEMS: Final[list[tuple[Provider, ItemKind, tuple[bytes, ...]]]] = [
    (
        alpinebits,
        BOOKING,
        (
            b"<OTA_HotelResNotifRQ><HotelReservations>",
            b"<OTA_PingRQ/>",
            b"<s:Envelope xmlns:s='x'><s:Body/></s:Envelope>",
            b"<OTA_ResRetrieveRS><Errors><Error Type='13'>x</Error></Errors></OTA_ResRetrieveRS>",
        ),
    ),
    (apaleo, BOOKING, (b'{"count": 0}', b'{"reservations": {}}')),
    (apaleo, AVAILABILITY, (b'{"unitGroups": []}',)),
    (
        cloudbeds,
        BOOKING,
        (
            b'{"success": false, "message": "Reservation not found"}',
            b'{"code": "404", "message": "Profile not found"}',
            b'{"data": 0}',
            b'{"data": false}',
        ),
    ),
    (cloudbeds, AVAILABILITY, (b'{"success": false}',)),
    (mews, BOOKING, MEWS),
    (mews, GUEST, MEWS),
    (mews, AVAILABILITY, MEWS),
    (
        ohip,
        BOOKING,
        (
            b'{"reservations": 5}',
            b'{"reservations": {}}',
            b'{"reservations": {"reservationInfo": null}}',
            b'{"reservations": {"totalResults": 3}}',
            b'{"reservations": {"hotelReservations": {"reservation": [{}]}}}',
            b'{"reservations": {"reservations": {"items": [{}], "totalResults": 1}}}',
        ),
    ),
    (
        ohip,
        GUEST,
        (
            b'{"reservations": {}}',
            b'{"profiles": {}}',
            b'{"profiles": {"profile": [{"profileIdList": []}]}}',
            b'{"profileSummaries": {"profiles": {"profile": []}}}',
        ),
    ),
    (ohip, AVAILABILITY, (b"[5]", b'{"reservations": {}}', b'[{"profiles": 1}, {}]')),
]
UNKNOWN_LISTS: Final = (
    b'{"reservations": {"entries": [{"id": "1"}]}}',
    b'{"data": {"data": {"rows": [{"x": 1}]}, "warnings": []}}',
    b'{"profiles": {"profileInfos": [{"x": 1}]}}',
    b'[{"x": 1}]',
    b'{"x": []}',
)
NOTIFICATIONS: Final[list[tuple[Provider, tuple[bytes, ...]]]] = [
    (apaleo, (b"[]",)),
    (cloudbeds, (b"[]",)),
    (
        mews,
        (
            b"[]",
            b'{"Events": null}',
            b'{"Events": [{}]}',
            b'{"Events": [{"Discriminator": "ServiceOrderUpdated"}]}',
            b'{"Events": [{"Discriminator": "ServiceOrderUpdated", "Value": {"Id": 5}}]}',
            b'{"Action": 5, "Data": {}}',
        ),
    ),
    (ohip, (b"[]x", b'{"businessEventData": 5}', b'{"a": [{}]}')),
]


def item_cases() -> Iterator[Any]:
    for provider, kind, bodies in ITEMS:
        for body in (*ANY_VENDOR, *bodies):
            name = f"{provider.capabilities.name}-{kind.value}-{body.decode(errors='replace')}"
            yield pytest.param(provider, kind, body, id=name[:60])


def notification_cases() -> Iterator[Any]:
    for provider, bodies in NOTIFICATIONS:
        for body in (*ANY_VENDOR, *bodies):
            name = f"{provider.capabilities.name}-{body.decode(errors='replace')}"
            yield pytest.param(provider, body, id=name[:60])


class TestItems:
    @pytest.mark.parametrize(("provider", "kind", "body"), list(item_cases()))
    def test_rejects_other_bodies(self, provider: Provider, kind: ItemKind, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            provider.read_items(kind, [body], hotel_context(), limit=1_000)


class TestUnknownLists:
    """Refused as a message, or item by item, but never accepted without an item."""

    @pytest.mark.parametrize("kind", [BOOKING, GUEST, AVAILABILITY])
    @pytest.mark.parametrize("body", UNKNOWN_LISTS)
    @pytest.mark.parametrize("name", ["apaleo", "canonical", "cloudbeds", "mews", "mock", "ohip"])
    def test_are_never_accepted(self, name: str, kind: ItemKind, body: bytes) -> None:
        provider = installed_provider(name)
        if kind not in provider.capabilities.kinds:
            return
        try:
            items = provider.read_items(kind, [body], hotel_context(), limit=1_000)
        except UnreadableMessage:
            return
        assert items
        assert all(item.reason for item in items)


class TestNotifications:
    @pytest.mark.parametrize(("provider", "body"), list(notification_cases()))
    def test_rejects_other_bodies(self, provider: Provider, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            provider.read_notification(body, hotel_context())
