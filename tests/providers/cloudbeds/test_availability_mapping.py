from datetime import date
from typing import Any

import pytest

from domain.messages import ItemKind
from domain.values import ABSENT, Money, SourceVersion
from ports.errors import TooManyItems
from tests.providers.cloudbeds.payloads import context, provider, read
from tests.providers.vendor_payloads import OBSERVED, cell


def night(**changes: Any) -> dict[str, Any]:
    return {
        "date": "2026-03-10",
        "totalRate": 120.5,
        "roomsAvailable": 3,
        "closedToArrival": False,
        "closedToDeparture": False,
        "blocked": False,
        "minLos": 1,
        "maxLos": 0,
        **changes,
    }


def rate(**changes: Any) -> dict[str, Any]:
    return {
        "rateID": "91",
        "roomTypeID": "31",
        "roomsAvailable": 2,
        "roomRateDetailed": [night()],
        **changes,
    }


def offered(**changes: Any) -> dict[str, Any]:
    """A room type of getAvailableRoomTypes."""
    return {
        "roomTypeID": "31",
        "roomRateID": "91",
        "roomsAvailable": 4,
        "roomRateDetailed": [{"date": "2026-03-10", "rate": "99.50"}],
        **changes,
    }


class TestRatesByNight:
    def test_maps_one_cell_per_room_type_and_night(self) -> None:
        nights = [night(), night(date="2026-03-11", roomsAvailable=0)]
        items = read(ItemKind.AVAILABILITY, {"success": True, "data": [rate()]})
        found = cell(items[0])
        assert (found.room_type_id, found.day) == ("31", date(2026, 3, 10))
        assert (found.available, found.lowest_rate) == (3, Money(12_050, "EUR"))
        assert (found.closed, found.min_stay, found.max_stay) == (False, 1, ABSENT)
        assert found.version == SourceVersion(OBSERVED)
        assert found.version_is_ours
        two = read(ItemKind.AVAILABILITY, {"data": [rate(roomRateDetailed=nights)]})
        assert [cell(item).available for item in two] == [3, 0]

    def test_uses_the_least_restrictive_open_rate(self) -> None:
        body = [
            rate(roomRateDetailed=[night(totalRate=80, blocked=True, minLos=1)]),
            rate(rateID="92", roomRateDetailed=[night(totalRate=120, minLos=3, maxLos=7)]),
            rate(rateID="93", roomRateDetailed=[night(totalRate=110, minLos=2, maxLos=5)]),
        ]
        (item,) = read(ItemKind.AVAILABILITY, {"data": body})
        found = cell(item)
        assert found.lowest_rate == Money(11_000, "EUR")
        assert (found.closed, found.min_stay, found.max_stay) == (False, 2, 7)

    def test_night_is_closed_if_all_rates_are(self) -> None:
        body = [rate(roomRateDetailed=[night(blocked=True)])]
        assert cell(read(ItemKind.AVAILABILITY, {"data": body})[0]).closed is True

    def test_accepts_overbooking(self) -> None:
        body = [rate(roomRateDetailed=[night(roomsAvailable="-1")])]
        assert cell(read(ItemKind.AVAILABILITY, {"data": body})[0]).available == -1

    def test_raw_text_can_be_read_again(self) -> None:
        (item,) = read(ItemKind.AVAILABILITY, {"data": [rate()]})
        (again,) = read(ItemKind.AVAILABILITY, item.raw)
        assert again.snapshot == item.snapshot

    def test_traces_every_field(self) -> None:
        (item,) = read(ItemKind.AVAILABILITY, {"data": [rate()]}, explain=True)
        field_trace = dict(item.field_trace)
        assert field_trace["data[0].roomTypeID"] == "room_type_id"
        assert field_trace["data[0].roomRateDetailed[0].totalRate"] == "lowest_rate"
        assert field_trace["data[0].rateID"] == "(not kept)"

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"roomTypeID": ""}, "data[0].roomTypeID"),
            ({"roomRateDetailed": []}, "data[0].roomRateDetailed"),
            ({"roomRateDetailed": [night(date="soon")]}, "data[0].roomRateDetailed[0].date"),
        ],
    )
    def test_rejects_missing_required_field(self, changes: dict[str, Any], path: str) -> None:
        good = rate(roomTypeID="32")
        items = read(ItemKind.AVAILABILITY, {"data": [rate(**changes), good]})
        reasons = [item.reason for item in items if item.reason]
        assert [reason.path for reason in reasons] == [path]
        assert len(items) == 2


class TestRoomsOfStay:
    def test_number_is_used_for_one_night(self) -> None:
        (item,) = read(ItemKind.AVAILABILITY, {"data": [{"propertyRooms": [offered()]}]})
        assert (cell(item).available, cell(item).lowest_rate) == (4, Money(9_950, "EUR"))

    def test_rejects_number_for_several_nights(self) -> None:
        nights = [{"date": f"2026-03-{day}", "rate": 99} for day in (10, 11)]
        body = {"data": [{"propertyRooms": [offered(roomRateDetailed=nights)]}]}
        (item,) = read(ItemKind.AVAILABILITY, body)
        assert item.reason is not None
        assert item.reason.code == "ambiguous"
        assert item.reason.path == "data[0].propertyRooms[0].roomsAvailable"

    def test_rejects_missing_date(self) -> None:
        body = {"data": [{"propertyRooms": [offered(roomRateDetailed=None)]}]}
        (item,) = read(ItemKind.AVAILABILITY, body)
        assert item.reason is not None
        assert item.reason.code == "missing_field"


class TestMessage:
    def test_without_rates_is_empty(self) -> None:
        assert read(ItemKind.AVAILABILITY, {"success": True, "data": []}) == []

    def test_rejects_more_cells_than_the_limit(self) -> None:
        row = b'{"ota_room_id":"1","start_date":"2026-01-01","end_date":"2026-12-31","units":1}'
        with pytest.raises(TooManyItems):
            provider.read_items(
                ItemKind.AVAILABILITY, [b'{"Inventory":[' + row + b"]}"], context(), limit=100
            )
