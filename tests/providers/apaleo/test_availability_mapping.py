from datetime import date
from typing import Any

from domain.messages import ItemKind
from domain.values import ABSENT
from tests.providers.apaleo.payloads import read, reservation
from tests.providers.vendor_payloads import OBSERVED, cell


def answer(*groups: Any, begin: str = "2026-03-10T15:00:00+01:00") -> dict[str, Any]:
    return {"timeSlices": [{"from": begin, "unitGroups": list(groups)}], "count": 0}


def group(**changes: Any) -> dict[str, Any]:
    return {
        "unitGroup": {"id": "VIE-DBL", "code": "DBL"},
        "physicalCount": 11,
        "houseCount": 10,
        "soldCount": 4,
        "sellableCount": 3,
        "availableCount": 5,
        "maintenance": {"outOfService": 1, "outOfOrder": 1, "outOfInventory": 1},
        "block": {"definite": 2, "remaining": 1},
        **changes,
    }


class TestAvailability:
    def test_maps_one_cell_per_unit_group_and_night(self) -> None:
        found = cell(read(ItemKind.AVAILABILITY, answer(group()))[0])
        assert found.external_id == "VIE-DBL/2026-03-10"
        assert (found.total, found.available, found.occupied, found.blocked) == (10, 3, 4, 3)
        assert found.version_is_ours
        assert found.version.updated_at == OBSERVED

    def test_uses_hotel_dates(self) -> None:
        late = answer(group(), begin="2026-03-10T23:30:00Z")
        assert cell(read(ItemKind.AVAILABILITY, late)[0]).day == date(2026, 3, 11)

    def test_missing_counts_are_absent(self) -> None:
        counted = {"unitGroup": {"id": "A"}, "soldCount": 1}
        found = cell(read(ItemKind.AVAILABILITY, answer(counted))[0])
        assert (found.total, found.available, found.blocked) == (ABSENT, ABSENT, ABSENT)

    def test_rejects_a_group_without_counts(self) -> None:
        empty = {"unitGroup": {"id": "A"}, "maintenance": {}, "block": {}}
        (item,) = read(ItemKind.AVAILABILITY, answer(empty))
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == (
            "missing_field",
            "timeSlices[0].unitGroups[0].sellableCount",
        )

    def test_rejects_a_reservation(self) -> None:
        night = {"serviceDate": "2026-03-10", "from": "2026-03-10T15:00:00+01:00"}
        pushed = reservation(timeSlices=[night | {"unitGroup": {"id": "VIE-DBL"}}])
        items = read(ItemKind.AVAILABILITY, pushed)
        assert items
        assert all(item.reason for item in items)

    def test_rejects_one_group_and_maps_the_others(self) -> None:
        items = read(ItemKind.AVAILABILITY, answer(group(soldCount="4"), {}, 7, group()))
        paths = [item.reason and item.reason.path for item in items]
        place = "timeSlices[0].unitGroups"
        assert paths == [f"{place}[0].soldCount", f"{place}[1].unitGroup", f"{place}[2]", None]

    def test_traces_every_field(self) -> None:
        (item,) = read(ItemKind.AVAILABILITY, answer(group()), explain=True)
        field_trace = dict(item.field_trace)
        assert field_trace["houseCount"] == "total"
        assert field_trace["physicalCount"] == "(not kept)"
