"""Messages of MyAllocator and Build-To-Us: published samples and payloads of our own."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest

from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, Party
from domain.status import BookingStatus
from domain.values import AgeClass, AgeCount, Money, NightlyPrice, SourceVersion, Stay
from ports.errors import UnreadableMessage
from tests.providers.cloudbeds.payloads import map_rooms, mapped, read, sample
from tests.providers.vendor_payloads import cell, extras


def order(**changes: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "OrderId": "A-1",
        "OrderDate": "2026-02-03",
        "OrderTime": "10:00:00",
        "IsCancellation": 0,
        "TotalCurrency": "USD",
        "TotalPrice": "230.50",
        "Customers": [{"CustomerFName": "Ada", "CustomerLName": "Aalto", "CustomerPhone": "+1"}],
        "Rooms": [
            {"ChannelRoomType": "DBL", "StartDate": "2026-03-10", "EndDate": "2026-03-11"},
        ],
        **changes,
    }
    return {key: value for key, value in payload.items() if value is not ...}


class TestWrappers:
    def test_reads_a_single_booking_response(self) -> None:
        (item,) = read(ItemKind.BOOKING, {"success": True, "Booking": order()})
        assert item.snapshot == mapped(order())

    @pytest.mark.parametrize("key", ["Booking", "booking_json"])
    @pytest.mark.parametrize("booking", [{}, [], None, ""])
    def test_rejects_an_empty_booking(self, key: str, booking: Any) -> None:
        for body in ({"success": True, key: booking}, [{key: booking}]):
            (item,) = read(ItemKind.BOOKING, body)
            assert item.reason is not None
            assert item.reason.path is not None
            assert key in item.reason.path

    def rows(self, room_ari: Any) -> list[str]:
        items = read(ItemKind.AVAILABILITY, {"success": True, "room_ari": room_ari})
        assert all(item.reason is None for item in items)
        return [item.external_id or "" for item in items]

    ROW: ClassVar = {"start_date": "2026-03-10", "end_date": "2026-03-11", "units": 3}

    def test_reads_availability_by_room(self) -> None:
        days = ["R1/2026-03-10", "R1/2026-03-11"]
        named = {**self.ROW, "ota_room_id": "R1"}
        assert self.rows([named]) == days
        assert self.rows({"R1": [self.ROW]}) == days
        assert self.rows({"R1": {"Inventory": [self.ROW]}}) == days
        assert self.rows([{"ota_room_id": "R1", "Inventory": [self.ROW]}]) == days

    def test_accepts_no_rooms(self) -> None:
        assert self.rows({}) == []
        assert self.rows([]) == []

    @pytest.mark.parametrize(
        "room_ari",
        [{"R1": {}}, {"R1": []}, {"R1": {"Inventory": []}}, [{"ota_room_id": "R1"}], [{}]],
    )
    def test_rejects_room_without_rows(self, room_ari: Any) -> None:
        (item,) = read(ItemKind.AVAILABILITY, {"success": True, "room_ari": room_ari})
        assert item.reason is not None

    def test_rejects_row_of_no_room(self) -> None:
        (item,) = read(ItemKind.AVAILABILITY, {"room_ari": [self.ROW]})
        assert item.reason is not None

    def test_rejects_error_response(self) -> None:
        with pytest.raises(UnreadableMessage):
            read(ItemKind.AVAILABILITY, {"success": False, "room_ari": {}})


class TestChannelBooking:
    def test_departs_the_day_after_the_last_night(self) -> None:
        found = mapped(order())
        assert found.stay == Stay(date(2026, 3, 10), date(2026, 3, 12))
        assert map_rooms(found)[0].stay == found.stay

    def test_accepts_single_night(self) -> None:
        line = {"ChannelRoomType": "D", "StartDate": "2026-03-10", "EndDate": "2026-03-10"}
        assert mapped(order(Rooms=[line])).stay == Stay(date(2026, 3, 10), date(2026, 3, 11))

    @pytest.mark.parametrize("reported", [True, 1, "1", "true"])
    def test_maps_cancellation(self, reported: object) -> None:
        found = mapped(order(IsCancellation=reported))
        assert (found.status, found.holds_inventory) == (BookingStatus.CANCELED, False)
        assert map_rooms(found)[0].status is BookingStatus.CANCELED

    def test_maps_tentative_to_pending(self) -> None:
        assert mapped(order(IsTentative=True)).status is BookingStatus.PENDING

    def test_modification_has_a_newer_version(self) -> None:
        before = mapped(order())
        after = mapped(
            order(IsModification=1, OrderModifDate="2026-02-04", OrderModifTime="09:00:00")
        )
        assert after.external_id == before.external_id
        assert after.version > before.version
        assert extras(after)["IsModification"] == "1"

    def test_version_number_is_the_sequence(self) -> None:
        assert mapped(order(Version="2")).version > mapped(order(Version="1")).version

    def test_channel_managers_times_are_utc(self) -> None:
        own = {"MyallocatorId": "ab12", "MyallocatorModificationDate": "2026-07-01"}
        found = mapped(order(**own, MyallocatorModificationTime="12:00:00"))
        assert found.version == SourceVersion(datetime(2026, 7, 1, 12, tzinfo=UTC))
        assert mapped(order()).version.updated_at == datetime(2026, 2, 3, 9, tzinfo=UTC)

    def test_order_id_has_a_prefix(self) -> None:
        assert mapped(order()).external_id == "order-A-1"
        assert mapped(order(MyallocatorId="ab12")).external_id == "ab12"

    def test_maps_units(self) -> None:
        line = {
            "ChannelRoomType": "DBL",
            "StartDate": "2026-03-10",
            "EndDate": "2026-03-10",
            "Units": "2",
            "DayRates": [{"Date": "2026-03-10", "Rate": "50.00"}],
        }
        (reported,) = map_rooms(mapped(order(Rooms=[line])))
        assert reported.units == 2
        assert reported.nightly_prices == (NightlyPrice(date(2026, 3, 10), Money(5_000, "USD")),)

    @pytest.mark.parametrize("units", [0, "many", 1_000])
    def test_rejects_invalid_units(self, units: object) -> None:
        line = {"StartDate": "2026-03-10", "EndDate": "2026-03-10", "Units": units}
        (item,) = read(ItemKind.BOOKING, order(Rooms=[line]))
        assert item.reason is not None
        assert (item.reason.path or "").endswith("Units")

    def test_keeps_several_room_types_in_the_extras(self) -> None:
        line = {"RoomTypeIds": ["1", "2"], "StartDate": "2026-03-10", "EndDate": "2026-03-10"}
        found = mapped(order(Rooms=[line]))
        assert map_rooms(found)[0].room_type_id is None
        assert extras(found)["Rooms[0].RoomTypeIds"] == '["1","2"]'

    def test_order_occupancy_is_the_only_rooms(self) -> None:
        found = mapped(order(OrderAdults=2, OrderChildren="1"))
        assert map_rooms(found)[0].occupancy == (
            AgeCount(AgeClass.ADULT, 2),
            AgeCount(AgeClass.CHILD, 1),
        )

    def test_drops_payment_data(self) -> None:
        found = mapped(order(Payments=[{"CardHolder": "A AALTO"}]))
        assert "AALTO" not in json.dumps(extras(found))

    def test_rejects_missing_rooms(self) -> None:
        (item,) = read(ItemKind.BOOKING, order(Rooms=[]))
        assert item.reason is not None
        assert item.reason.path == "Rooms"


class TestBookingSamples:
    def test_maps_myallocator_sample(self) -> None:
        body = sample("myallocator-Delivery-Method__Example-of-a-JSON-booking.json")
        (item,) = read(ItemKind.BOOKING, body, explain=True)
        reported = json.loads(body)
        found = item.snapshot
        assert isinstance(found, BookingSnapshot)
        assert found.external_id == reported["MyallocatorId"]
        last_night = date.fromisoformat(reported["EndDate"])
        assert isinstance(found.stay, Stay)
        assert found.stay.departure == last_night + timedelta(days=1)
        assert {path.split(".")[0].split("[")[0] for path, _ in item.field_trace} == reported.keys()

    def test_maps_build_to_us_sample_without_its_secret(self) -> None:
        body = sample("ota-build-to-us-v5.3-booking-create__req--BookingCreate.json")
        (item,) = read(ItemKind.BOOKING, body)
        reported = json.loads(body)
        found = item.snapshot
        assert isinstance(found, BookingSnapshot)
        (line,) = map_rooms(found)
        assert line.units == 2
        sold = sum(2 * price.price.minor for price in line.nightly_prices)
        assert found.total == Money(sold, "USD")
        assert isinstance(found.primary_guest, Party)
        assert reported["shared_secret"].encode() not in item.raw

    def test_rejects_each_id_of_a_list(self) -> None:
        body = sample("ota-build-to-us-v5.3-get-booking-list__resp-200--Success.json")
        items = read(ItemKind.BOOKING, body)
        assert len(items) == 3
        for position, item in enumerate(items):
            assert item.reason is not None
            assert item.reason.code == "missing_field"
            assert item.reason.path == f"Bookings[{position}].reservationID"


class TestAvailabilitySamples:
    def test_maps_myallocator_sample(self) -> None:
        body = sample("myallocator-RoomAvailabilityList__RoomAvailabilityList.json")
        cells = [cell(item) for item in read(ItemKind.AVAILABILITY, body, explain=True)]
        reported = json.loads(body)["Rooms"]
        assert len(cells) == sum(len(each["Data"]) for each in reported)
        assert cells[0].room_type_id == str(reported[0]["RoomId"])
        assert (cells[0].available, cells[0].max_stay) == (2, 7)
        assert (cells[-1].available, cells[-1].closed) == (0, False)

    def test_maps_build_to_us_sample_to_one_cell_per_room_and_day(self) -> None:
        body = sample("ota-build-to-us-v5.3-ari-update__req--ARIUpdate.json")
        items = read(ItemKind.AVAILABILITY, body, explain=True)
        cells = [cell(item) for item in items]
        reported = json.loads(body)
        first, last = (
            date.fromisoformat(reported["Inventory"][0][key]) for key in ("start_date", "end_date")
        )
        assert [c.day for c in cells] == [
            first + timedelta(days=n) for n in range((last - first).days + 1)
        ]
        assert {c.lowest_rate for c in cells} == {Money(1_500, reported["currency"])}
        assert {(c.available, c.closed, c.min_stay) for c in cells} == {(5, False, 2)}
        for item in items:
            assert reported["ota_property_password"].encode() not in item.raw
            assert reported["shared_secret"].encode() not in item.raw

    def test_rejects_invalid_ranges(self) -> None:
        row = {"ota_room_id": "1", "start_date": "2026-01-01", "units": 1}
        for end in ("2025-12-31", "2099-01-01", ""):
            (item,) = read(ItemKind.AVAILABILITY, {"Inventory": [{**row, "end_date": end}]})
            assert item.reason is not None
            assert item.reason.path == "Inventory[0].end_date"
