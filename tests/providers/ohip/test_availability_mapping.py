from datetime import date
from typing import Any

import pytest

from adapters.outbound.providers.ohip.mapping.availability import map_room_types
from domain.messages import ItemKind
from domain.snapshots import RoomTypeRecord
from domain.values import ABSENT, SourceVersion
from ports.errors import UnreadableMessage
from tests.providers.ohip.payloads import read, refusal, sample
from tests.providers.vendor_payloads import OBSERVED, cell


def statistics(*nights: Any, category: str = "HotelRoomCode", code: str = "DBL") -> Any:
    kind = {
        "statCode": code,
        "statCategoryCode": category,
        "description": "Double",
        "statisticDate": list(nights),
    }
    return [{"statistics": [kind], "hotelName": "Nine", "reportCode": "RoomsAvailabilitySummary"}]


def night(day: str = "2026-03-10", **counts: Any) -> Any:
    reported = [{"code": code, "value": value} for code, value in counts.items()]
    return {"statisticDate": day, "weekendDate": False, "inventory": reported}


class TestStatistics:
    def test_maps_one_cell_per_night(self) -> None:
        counts = {
            "PhysicalRooms": "20",
            "OutOfOrder": 1,
            "OutOfService": "2",
            "RoomsSold": 7,
            "AvailableRooms": 10,
            "SequenceId": 3,
        }
        body = statistics(night(**counts), night("2026-03-11", AvailableRooms=-1))
        one, other = (cell(item) for item in read(ItemKind.AVAILABILITY, body))
        assert (one.room_type_id, one.day) == ("DBL", date(2026, 3, 10))
        assert (one.total, one.available, one.occupied, one.blocked) == (20, 10, 7, 3)
        assert (one.version, one.version_is_ours) == (SourceVersion(OBSERVED), True)
        assert (other.day, other.available, other.total) == (date(2026, 3, 11), -1, ABSENT)

    @pytest.mark.parametrize("counts", [{}, {"SequenceId": "1"}])
    def test_rejects_nights_without_counts(self, counts: Any) -> None:
        reason = refusal(statistics(night(**counts)), ItemKind.AVAILABILITY)
        assert (reason.code, reason.path) == (
            "missing_field",
            "[0].statistics[0].statisticDate[0].inventory",
        )

    def test_skips_room_type_without_counts_among_others(self) -> None:
        (counted,), (none,) = (
            statistics(night(RoomsSold=1)),
            statistics(night(SequenceId=1), code="COMPONENT"),
        )
        counted["statistics"] += none["statistics"]
        (item,) = read(ItemKind.AVAILABILITY, [counted])
        assert cell(item).room_type_id == "DBL"

    def test_ignores_statistics_of_the_hotel(self) -> None:
        of_hotel = statistics(night(), category="HotelCode")
        of_types = statistics(night(RoomsSold="1"))
        assert len(read(ItemKind.AVAILABILITY, [*of_hotel, *of_types])) == 1

    def test_rejects_an_answer_without_room_types(self) -> None:
        with pytest.raises(UnreadableMessage) as refused:
            read(ItemKind.AVAILABILITY, statistics(night(), category="HotelCode"))
        assert refused.value.details == {"path": "statistics"}

    def test_rejects_other_elements_of_a_list_alone(self) -> None:
        items = read(
            ItemKind.AVAILABILITY, [{"profiles": []}, *statistics(night(RoomsSold="1")), 7]
        )
        assert [item.reason and item.reason.path for item in items] == [
            "[0].statistics",
            None,
            "[2]",
        ]

    def test_maps_room_type_names(self) -> None:
        found = map_room_types(statistics(night()))
        assert found == [RoomTypeRecord(external_id="DBL", name="Double")]

    def test_rejects_invalid_count(self) -> None:
        reason = refusal(statistics(night(RoomsSold="many")), ItemKind.AVAILABILITY)
        assert reason.path == "[0].statistics[0].statisticDate[0].inventory[0].value"

    def test_traces_every_field(self) -> None:
        body = statistics(night(RoomsSold=1, SequenceId=2))
        (item,) = read(ItemKind.AVAILABILITY, body, explain=True)
        field_trace = dict(item.field_trace)
        assert field_trace["inventory[0].value"] == "occupied"
        assert field_trace["statCode"] == "room_type_id"
        assert "weekendDate" in field_trace

    def test_vendor_sample_has_no_counts(self) -> None:
        items = read(ItemKind.AVAILABILITY, sample("inv-getInventoryStatistics__resp-200.json"))
        assert len(items) == 4
        assert {item.reason and item.reason.code for item in items} == {"missing_field"}


class TestHotelInventory:
    def test_maps_one_cell_per_day_of_a_span(self) -> None:
        span = {"availableCount": "4", "startDate": "2026-03-30", "endDate": "2026-04-01"}
        kind = {"code": "DBL", "inventoryCounts": [span]}
        body = {"hotelInventories": [{"roomTypeInventories": [kind], "houseInventory": [span]}]}
        found = [cell(item) for item in read(ItemKind.AVAILABILITY, body)]
        assert [one.external_id for one in found] == [
            "DBL/2026-03-30",
            "DBL/2026-03-31",
            "DBL/2026-04-01",
        ]
        assert {one.available for one in found} == {4}

    def test_rejects_missing_day(self) -> None:
        kind = {"code": "DBL", "inventoryCounts": [{"availableCount": 4}]}
        body = {"hotelInventories": [{"roomTypeInventories": [kind]}]}
        reason = refusal(body, ItemKind.AVAILABILITY)
        assert reason.path == (
            "hotelInventories[0].roomTypeInventories[0].inventoryCounts[0].startDate"
        )


class TestMessage:
    def test_empty_message_has_no_items(self) -> None:
        assert read(ItemKind.AVAILABILITY, []) == []
