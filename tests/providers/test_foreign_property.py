"""Pushed payloads that name a property: those of another one are refused, on every provider."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from adapters.outbound.providers.canonical.provider import CanonicalProvider
from domain.messages import ItemKind
from ports.providers import Provider, ReadItem
from tests.providers.alpinebits import payloads as alpinebits
from tests.providers.apaleo import payloads as apaleo
from tests.providers.cloudbeds import payloads as cloudbeds
from tests.providers.cloudbeds.test_availability_mapping import offered, rate
from tests.providers.cloudbeds.test_channel_formats import order
from tests.providers.mews import payloads as mews
from tests.providers.mews.test_availability_mapping import BERLIN, METRICS, message
from tests.providers.ohip import payloads as ohip
from tests.providers.ohip.test_availability_mapping import night, statistics
from tests.providers.vendor_payloads import hotel_context

BOOKING, GUEST, AVAILABILITY = ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY

_UNIT_GROUP: Final = {"unitGroup": {"id": "VIE-DBL"}, "houseCount": 9, "sellableCount": 4}
_CANONICAL: Final = {
    "external_id": "B-7",
    "source_version": {"updated_at": "2026-03-01T12:00:00Z"},
    "status": "CONFIRMED",
    "stay": {"arrival": "2026-03-10", "departure": "2026-03-12"},
}
_HOTEL: Final = '<BasicPropertyInfo HotelCode="{}"/></RoomStay>'


def _mews_bodies(enterprise_id: str, **lists: Any) -> list[bytes]:
    service = {"Id": "svc-stay", "EnterpriseId": enterprise_id}
    data = {"Discriminator": "Bookable", "Value": {"TimeUnitPeriod": "Day"}}
    return [mews.body(**lists, Services=[{**service, "Data": data}])]


def _ohip_envelopes(property_id: str) -> list[tuple[ItemKind, list[Any]]]:
    """The hotel is named around the items only."""
    hotel = {"hotelId": property_id}
    listed = ohip.list_response(ohip.listed(hotelId=...))
    page = listed["reservations"]
    single = ohip.single_response(ohip.single(hotelId=...))
    (report,) = statistics(night(AvailableRooms=3))
    (kind,) = report["statistics"]
    span = {"startDate": "2026-03-10", "endDate": "2026-03-11", "availableCount": 3}
    inventory = {"code": "DBL", "inventoryCounts": [span]}
    bookings = [
        {**hotel, **listed},
        [{**hotel, **listed}],
        {"reservations": {**hotel, **page}},
        {"reservations": {"reservations": {**hotel, **page}}},
        {"reservations": {**hotel, "reservations": page}},
        {**hotel, **single},
        {"reservations": {**hotel, **single["reservations"]}},
    ]
    inventories: list[Any] = [
        [{**report, **hotel}],
        [{**report, "statistics": [{**kind, **hotel}]}],
        {**hotel, "hotelInventories": [{"roomTypeInventories": [inventory]}]},
        {"hotelInventories": [{**hotel, "roomTypeInventories": [inventory]}]},
    ]
    return [
        *((BOOKING, [body]) for body in bookings),
        *((AVAILABILITY, [body]) for body in inventories),
    ]


def _named(property_id: str) -> list[Any]:
    """(provider, kind, bodies, path) of each format that names the property."""
    day = {"from": "2026-03-10T00:00:00+01:00", "to": "2026-03-11T00:00:00+01:00"}
    time_slice = {**day, "property": {"id": property_id}, "unitGroups": [_UNIT_GROUP]}
    enterprise = json.loads(mews.configuration("Europe/Berlin"))["Enterprise"]
    configured = mews.body(Enterprise={**enterprise, "Id": property_id})
    room = alpinebits.ROOM.replace("</RoomStay>", _HOTEL.format(property_id))
    free_rooms = (
        f'<OTA_HotelInvCountNotifRQ {alpinebits.OTA}><Inventories HotelCode="{property_id}">'
        '<Inventory><StatusApplicationControl Start="2026-03-10" End="2026-03-10"'
        ' InvTypeCode="DBL"/><InvCounts><InvCount CountType="2" Count="3"/></InvCounts></Inventory>'
        "</Inventories></OTA_HotelInvCountNotifRQ>"
    ).encode()
    unnamed_slice = {**day, "unitGroups": [_UNIT_GROUP]}
    unnamed_page = cloudbeds.page(cloudbeds.reservation(propertyID=...))
    read_by = {
        (apaleo.provider, "property.id"): [
            (BOOKING, [apaleo.page(property={"id": property_id})]),
            (AVAILABILITY, [{"timeSlices": [time_slice]}]),
        ],
        (apaleo.provider, "propertyId"): [
            (BOOKING, [{"propertyId": property_id, **apaleo.page(property=...)}]),
            (BOOKING, [[{"propertyId": property_id, **apaleo.page(property=...)}]]),
            (AVAILABILITY, [{"propertyId": property_id, "timeSlices": [unnamed_slice]}]),
            (AVAILABILITY, [[{"propertyId": property_id, "timeSlices": [unnamed_slice]}]]),
            (AVAILABILITY, [{"timeSlices": [{**unnamed_slice, "propertyId": property_id}]}]),
        ],
        (mews.provider, "EnterpriseId"): [
            (BOOKING, [mews.body(Reservations=[mews.reservation()], EnterpriseId=property_id)]),
            (GUEST, [mews.body(Customers=[mews.customer()], EnterpriseId=property_id)]),
            (BOOKING, _mews_bodies(property_id, Reservations=[mews.reservation()])),
            (BOOKING, [mews.body(Reservations=[mews.reservation()]), configured]),
            (GUEST, [mews.body(Customers=[mews.customer()]), configured]),
            (AVAILABILITY, [message(BERLIN, METRICS), configured]),
        ],
        (cloudbeds.provider, "propertyID"): [
            (BOOKING, [cloudbeds.page(cloudbeds.reservation(propertyID=property_id))]),
            (GUEST, [cloudbeds.page(cloudbeds.guest(propertyID=property_id))]),
            (AVAILABILITY, [[rate(propertyID=property_id)]]),
            (AVAILABILITY, [{"data": [{"propertyID": property_id, "propertyRooms": [offered()]}]}]),
            (BOOKING, [{"propertyID": property_id, **unnamed_page}]),
            (BOOKING, [[{"propertyID": property_id, **unnamed_page}]]),
            (BOOKING, [{"propertyID": property_id, "Bookings": [order()]}]),
        ],
        (ohip.provider, "hotelId"): [
            (BOOKING, [ohip.list_response(ohip.listed(hotelId=property_id))]),
            (BOOKING, [ohip.single_response(ohip.single(hotelId=property_id))]),
            *_ohip_envelopes(property_id),
        ],
        (alpinebits.provider, "BasicPropertyInfo/@HotelCode"): [
            (BOOKING, [alpinebits.pushed(alpinebits.reservation(rooms=room))]),
        ],
        (alpinebits.provider, "@HotelCode"): [(AVAILABILITY, [free_rooms])],
        (CanonicalProvider(), "property_id"): [
            (BOOKING, [{**_CANONICAL, "property_id": property_id}]),
        ],
    }
    return [
        (provider, kind, bodies, path)
        for (provider, path), formats in read_by.items()
        for kind, bodies in formats
    ]


def _read(
    provider: Provider, kind: ItemKind, bodies: Sequence[Any], property_id: str | None
) -> Sequence[ReadItem]:
    raw = [b if isinstance(b, bytes) else json.dumps(b).encode() for b in bodies]
    context = replace(hotel_context(), property_id=property_id)
    items = provider.read_items(kind, raw, context, limit=1_000)
    assert items
    return items


def _name(value: Any) -> str | None:
    return value.capabilities.name if hasattr(value, "capabilities") else None


class TestForeignProperty:
    @pytest.mark.parametrize(("provider", "kind", "bodies", "path"), _named("OTHER"), ids=_name)
    def test_is_refused_with_its_path(
        self, provider: Provider, kind: ItemKind, bodies: Sequence[Any], path: str
    ) -> None:
        items = _read(provider, kind, bodies, "OURS")
        for item in items:
            assert item.snapshot is None
            assert item.reason is not None
            assert item.reason.code == "foreign_property"
            assert (item.reason.path or "").endswith(path)
            assert "OTHER" not in item.reason.detail

    @pytest.mark.parametrize(("provider", "kind", "bodies", "path"), _named("OTHER"), ids=_name)
    def test_is_refused_again_when_the_stored_text_is_read(
        self, provider: Provider, kind: ItemKind, bodies: Sequence[Any], path: str
    ) -> None:
        for refused in _read(provider, kind, bodies, "OURS"):
            replayed = _read(provider, kind, [refused.raw], "OURS")
            assert {item.reason and item.reason.code for item in replayed} == {"foreign_property"}

    @pytest.mark.parametrize(("provider", "kind", "bodies", "path"), _named("OURS"), ids=_name)
    def test_own_property_is_accepted(
        self, provider: Provider, kind: ItemKind, bodies: Sequence[Any], path: str
    ) -> None:
        items = _read(provider, kind, bodies, "OURS")
        assert [item.reason for item in items] == [None] * len(items)

    @pytest.mark.parametrize(("provider", "kind", "bodies", "path"), _named("OTHER"), ids=_name)
    def test_any_property_is_accepted_while_ours_is_unknown(
        self, provider: Provider, kind: ItemKind, bodies: Sequence[Any], path: str
    ) -> None:
        items = _read(provider, kind, bodies, None)
        assert [item.reason for item in items] == [None] * len(items)


class TestOneForeignItemAmongOwn:
    def test_refuses_that_item_only(self) -> None:
        own = apaleo.reservation(property={"id": "VIE"})
        other = apaleo.reservation(id="ZZZZZZZZ-1", property={"id": "ROM"})
        first, second, third = _read(apaleo.provider, BOOKING, [[own, other, own]], "VIE")
        assert first.reason is None
        assert third.reason is None
        assert second.reason is not None
        assert second.reason.path == "[1].property.id"

    def test_compares_a_number_with_the_text_of_the_setting(self) -> None:
        page = cloudbeds.page(cloudbeds.reservation(propertyID=4711))
        (item,) = _read(cloudbeds.provider, BOOKING, [page], "4711")
        assert item.reason is None


class TestNearestName:
    """The item's own, else that of the nearest object around it."""

    def test_counts_in_an_item(self) -> None:
        own = apaleo.reservation(property={"id": "VIE"})
        (item,) = _read(
            apaleo.provider, BOOKING, [{"propertyId": "ROM", "reservations": [own]}], "VIE"
        )
        assert item.reason is None
        (again,) = _read(apaleo.provider, BOOKING, [item.raw], "VIE")
        assert again.reason is None

    def test_counts_among_objects_around(self) -> None:
        page = ohip.list_response(ohip.listed(hotelId=...))["reservations"]
        body = {"hotelId": "OTHER", "reservations": {"hotelId": "OURS", **page}}
        (item,) = _read(ohip.provider, BOOKING, [body], "OURS")
        assert item.reason is None

    def test_is_reported_with_its_path(self) -> None:
        page = ohip.list_response(ohip.listed(hotelId=...))["reservations"]
        (item,) = _read(
            ohip.provider, BOOKING, [{"reservations": {"hotelId": "OTHER", **page}}], "OURS"
        )
        assert item.reason is not None
        assert item.reason.path == "reservations.hotelId"


def _message_of_two_properties(name: str) -> tuple[Provider, Any]:
    """In two messages of one body, the second of which is of our property."""
    apaleo_page, cloudbeds_page = (
        apaleo.page(property=...),
        cloudbeds.page(cloudbeds.reservation(propertyID=...)),
    )
    ohip_page = ohip.list_response(ohip.listed(hotelId=...))
    return {
        "apaleo": (
            apaleo.provider,
            [{"propertyId": "OTHER", **apaleo_page}, {"propertyId": "OURS", **apaleo_page}],
        ),
        "cloudbeds": (
            cloudbeds.provider,
            [{"propertyID": "OTHER", **cloudbeds_page}, {"propertyID": "OURS", **cloudbeds_page}],
        ),
        "ohip": (
            ohip.provider,
            [{"hotelId": "OTHER", **ohip_page}, {"hotelId": "OURS", **ohip_page}],
        ),
        "mews": (
            mews.provider,
            {
                "Services": [
                    {"Id": "svc-other", "EnterpriseId": "OTHER"},
                    {"Id": "svc-stay", "EnterpriseId": "OURS", **_BOOKABLE},
                ],
                "Reservations": [
                    mews.reservation(Id="res-0", ServiceId="svc-other"),
                    mews.reservation(),
                ],
            },
        ),
    }[name]


_BOOKABLE: Final = {"Data": {"Discriminator": "Bookable", "Value": {"TimeUnitPeriod": "Day"}}}


class TestMessageOfSeveralProperties:
    @pytest.mark.parametrize("name", ["apaleo", "cloudbeds", "mews", "ohip"])
    def test_refuses_the_others_items_only(self, name: str) -> None:
        provider, body = _message_of_two_properties(name)
        other, own = _read(provider, BOOKING, [body], "OURS")
        assert (other.reason and other.reason.code, own.reason) == ("foreign_property", None)
