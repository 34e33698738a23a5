import json
from datetime import date, timedelta
from typing import Any

import pytest

from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot
from domain.values import ABSENT, SourceVersion
from tests.providers.mews.payloads import (
    body,
    cells_of,
    configuration,
    context,
    read,
    refusal,
    sample,
)
from tests.providers.vendor_payloads import OBSERVED

METRICS: dict[str, list[Any]] = {
    "ActiveResources": [10, 10],
    "UsableResources": [9, 10],
    "OutOfOrderBlocks": [1, 0],
    "Occupied": [5, 12],
    "HouseUse": [1, 0],
    "OtherServiceReservationCount": [0, 1],
    "PublicAvailabilityAdjustment": [-2, 0],
}
BERLIN = ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"]


def message(starts: list[str], *metrics: dict[str, list[Any]]) -> bytes:
    categories = [
        {"ResourceCategoryId": f"cat-{n}", "Metrics": payload} for n, payload in enumerate(metrics)
    ]
    return body(TimeUnitStartsUtc=starts, ResourceCategoryAvailabilities=categories)


class TestVendorSample:
    def test_is_mapped_field_by_field(self) -> None:
        text = sample("op-services__get-service-availability-ver-2024-01-22-response.json")
        category = json.loads(text)["ResourceCategoryAvailabilities"][0]["ResourceCategoryId"]
        # occupied, blocked, available of each day, by hand from the sample's arrays.
        by_hand = [(7, 1, 0), (5, 1, 3), (4, 2, 2), (3, 0, 5), (4, 1, 4)]
        assert cells_of(text) == [
            AvailabilitySnapshot(
                room_type_id=category,
                day=date(2024, 2, 1) + timedelta(days=n),
                version=SourceVersion(OBSERVED),
                version_is_ours=True,
                total=8,
                occupied=occupied,
                blocked=blocked,
                available=available,
            )
            for n, (occupied, blocked, available) in enumerate(by_hand)
        ]


class TestCell:
    def test_total_is_the_sum_of_the_parts(self) -> None:
        first, second = cells_of(message(BERLIN, METRICS))
        assert (first.total, first.occupied, first.blocked, first.available) == (10, 5, 2, 3)
        assert (second.total, second.occupied, second.blocked, second.available) == (10, 12, 1, -3)

    def test_field_is_absent_without_its_metrics(self) -> None:
        (cell, _) = cells_of(message(BERLIN, {"Occupied": [5, 6], "ActiveResources": [9, 9]}))
        assert (cell.total, cell.occupied) == (9, 5)
        assert cell.available is ABSENT
        assert cell.blocked is ABSENT

    @pytest.mark.parametrize(
        ("zone", "starts", "days"),
        [
            (
                "Europe/Berlin",
                ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"],
                [29, 30, 31],
            ),
            ("Pacific/Auckland", ["2026-03-09T11:00:00Z", "2026-03-10T11:00:00Z"], [10, 11]),
            ("America/Los_Angeles", ["2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"], [8, 9]),
        ],
    )
    def test_uses_hotel_dates(self, zone: str, starts: list[str], days: list[int]) -> None:
        counts = {"Occupied": [1] * len(starts)}
        cells = cells_of(message(starts, counts), hotel=context(zone))
        assert [cell.day for cell in cells] == [date(2026, 3, day) for day in days]

    def test_uses_the_zone_of_the_configuration(self) -> None:
        cells = cells_of(message(BERLIN, METRICS), configuration("Europe/Berlin"))
        assert cells[0].day == date(2026, 3, 28)
        elsewhere = context("UTC")
        assert cells_of(
            message(BERLIN, METRICS), configuration("Europe/Berlin"), hotel=elsewhere
        ) == cells_of(message(BERLIN, METRICS))

    def test_raw_text_can_be_read_again(self) -> None:
        for item in read(ItemKind.AVAILABILITY, message(BERLIN, METRICS)):
            (again,) = read(ItemKind.AVAILABILITY, item.raw)
            assert again.snapshot == item.snapshot
            assert again.external_id == item.external_id


class TestMessage:
    @pytest.mark.parametrize(
        ("metrics", "path"),
        [
            ({**METRICS, "Occupied": [1]}, "Metrics.Occupied"),
            ({**METRICS, "Occupied": [1, None]}, "Metrics.Occupied[1]"),
            ({**METRICS, "Occupied": [1, 2.5]}, "Metrics.Occupied[1]"),
            ({**METRICS, "Occupied": 3}, "Metrics.Occupied"),
        ],
    )
    def test_rejects_one_category_and_maps_the_others(
        self, metrics: dict[str, Any], path: str
    ) -> None:
        text = message(BERLIN, METRICS, metrics)
        reason = refusal(ItemKind.AVAILABILITY, text)
        assert reason.path == f"ResourceCategoryAvailabilities[1].{path}"
        assert len(read(ItemKind.AVAILABILITY, text)) == 3

    @pytest.mark.parametrize("odd", [[1, 2, 3], {"a": 1}, None])
    def test_ignores_unknown_metric(self, odd: object) -> None:
        known = read(ItemKind.AVAILABILITY, message(BERLIN, METRICS))
        found = read(ItemKind.AVAILABILITY, message(BERLIN, {**METRICS, "NewMetric": odd}))
        assert [item.snapshot for item in found] == [item.snapshot for item in known]

    @pytest.mark.parametrize(
        ("starts", "path"),
        [
            (["2026-03-27T23:00:00Z", "2026-03-28T00:00:00Z"], "TimeUnitStartsUtc[1]"),
            (["2026-03-27T23:00:00Z", "2026-03-27T23:00:00Z"], "TimeUnitStartsUtc"),
            (["2026-03-27T23:00:00Z", "soon"], "TimeUnitStartsUtc[1]"),
        ],
    )
    def test_rejects_units_other_than_hotel_days(self, starts: list[str], path: str) -> None:
        assert refusal(ItemKind.AVAILABILITY, message(starts, METRICS)).path == path
