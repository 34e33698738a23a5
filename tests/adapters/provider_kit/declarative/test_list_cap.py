"""Declared lists that end after a number of records."""

from dataclasses import replace
from typing import Any

import pytest

from domain.sync_run import SyncKind
from ports.errors import ListCapReached
from ports.providers import ReadItem
from tests.adapters.provider_kit.declarative.listing_vendor import (
    BOOKINGS,
    VENDOR,
    Booking,
    StaysApi,
    booking,
    opened,
    request,
)

CAP = 8
CAPPED = replace(
    VENDOR,
    bookings=replace(BOOKINGS, max_records=CAP, stay_from="first", stay_to="end"),
)


class CappedApi(StaysApi):
    """Filters by arrival, unsorted, and ends each list after CAP records."""

    def _page(self, query: dict[str, str]) -> Any:
        whole = self.stays
        first, end = query.get("first", ""), query.get("end", "9999")
        self.stays = [stay for stay in whole if first <= stay["from"] < end][:CAP]
        try:
            return super()._page(query)
        finally:
            self.stays = whole


def stays(per_day: int, days: int) -> list[Booking]:
    numbers = range(per_day * days)
    return [
        booking(1_000 - n, **{"from": f"2026-03-{1 + n % days:02}", "to": "2026-04-01"})
        for n in numbers
    ]


def pulled(api: StaysApi, kind: SyncKind = SyncKind.FULL, **more: Any) -> list[ReadItem]:
    with opened(api, CAPPED) as client:
        return [item for page in client.pull(request(kind, **more)) for item in page.items]


class TestListCap:
    def test_reads_every_booking_of_a_full_list(self) -> None:
        api = CappedApi(stays(3, 20), sort=None)
        found = {item.external_id for item in pulled(api)}
        assert found == {stay["id"] for stay in api.stays}

    def test_rejects_a_full_list_of_one_day(self) -> None:
        api = CappedApi(stays(CAP, 1), sort=None)
        with pytest.raises(ListCapReached):
            pulled(api)

    def test_rejects_a_full_delta(self) -> None:
        api = CappedApi(stays(3, 20), sort=None)
        with pytest.raises(ListCapReached):
            pulled(api, SyncKind.DELTA, cursor="2026-03-01T00:00:00+00:00")
