"""Invalid values in one field: the item is mapped or rejected."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.messages import ItemKind
from tests.providers.mews.payloads import body, charge, context, customer, read, reservation
from tests.providers.vendor_payloads import value_paths, with_value

CALENDAR_ENDS = [
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
]
INVALID_VALUES = [
    *CALENDAR_ENDS,
    None,
    "",
    " ",
    "x",
    "\x00",
    "\ud800",
    0,
    -1,
    2**63,
    10**40,
    1.5,
    True,
    [],
    [None],
    {},
]
MESSAGE: dict[str, Any] = {
    "Reservations": [reservation(ActualStartUtc="2026-03-10T15:00:00Z"), reservation(Id="res-2")],
    "Customers": [customer()],
    "OrderItems": [charge(93.46, "2026-03-09T23:00:00Z"), charge(3)],
    "Companionships": [{"Id": "c", "CustomerId": "cus-1", "ReservationId": "res-1"}],
    "AgeCategories": [{"Id": "age-a", "ServiceId": "svc-stay", "Classification": "Adult"}],
}


DEEP_PATHS = [path for path in value_paths(MESSAGE) if len(path) > 1]


class TestRandomInput:
    @settings(max_examples=400)
    @given(path=st.sampled_from(DEEP_PATHS), invalid=st.sampled_from(INVALID_VALUES))
    @pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
    def test_invalid_value_is_mapped_or_rejected(
        self, zone: str, path: tuple[str | int, ...], invalid: Any
    ) -> None:
        message = with_value(MESSAGE, path, invalid)
        raw = json.dumps(message).encode("utf-8", "surrogatepass")
        items = read(ItemKind.BOOKING, raw, hotel=context(zone))
        assert items
        for item in items:
            assert (item.snapshot is None) is not (item.reason is None)

    @pytest.mark.parametrize("end", CALENDAR_ENDS)
    @pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
    def test_end_of_calendar_rejects_only_its_booking(self, end: str, zone: str) -> None:
        bad = reservation(Id="bad", ScheduledStartUtc=end, ScheduledEndUtc=end)
        first, second = read(
            ItemKind.BOOKING, body(Reservations=[bad, reservation()]), hotel=context(zone)
        )
        assert second.snapshot is not None
        if first.reason is not None:
            assert first.reason.path in {
                "Reservations[0].ScheduledStartUtc",
                "Reservations[0].ScheduledEndUtc",
            }

    @pytest.mark.parametrize("end", CALENDAR_ENDS)
    def test_rejects_end_of_calendar_as_availability_day(self, end: str) -> None:
        message = body(
            TimeUnitStartsUtc=[end],
            ResourceCategoryAvailabilities=[{"ResourceCategoryId": "cat-1", "Metrics": {}}],
        )
        [item] = read(ItemKind.AVAILABILITY, message, hotel=context("Europe/Prague"))
        assert item.reason is not None
