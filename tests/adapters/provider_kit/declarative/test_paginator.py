"""However the vendor pages and sorts, and whatever moves meanwhile: nothing is missed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.outbound.provider_kit import authoring as pms
from domain.sync_run import SyncKind
from ports.errors import ProviderRejected, UnreadableAnswer
from tests.adapters.provider_kit.declarative.listing_vendor import (
    BOOKINGS,
    NOW,
    VENDOR,
    StaysApi,
    booking,
    opened,
    request,
)
from tests.providers.client_harness import mapped_bookings

PAGINGS = [pms.PageNumbers(size=5), pms.Offsets(size=5), pms.NextTokens(size=5)]
by_paging = pytest.mark.parametrize("paging", PAGINGS, ids=lambda each: type(each).__name__)
SIZES = [0, 1, 4, 5, 6, 10, 11, 23]


def everything(stays_api: StaysApi) -> set[str]:
    return {stay["id"] for stay in stays_api.stays}


def full(stays_api: StaysApi) -> tuple[set[str], str | None]:
    with opened(stays_api) as client:
        pages = list(client.pull(request()))
    return set(mapped_bookings(pages)), pages[-1].cursor


class TestFullPull:
    @by_paging
    @pytest.mark.parametrize("count", SIZES)
    def test_brings_everything(self, paging: Any, count: int) -> None:
        stays_api = StaysApi([booking(n) for n in range(count)], paging)
        assert full(stays_api)[0] == everything(stays_api)

    @by_paging
    @pytest.mark.parametrize("count", SIZES)
    def test_brings_everything_where_all_tie(self, paging: Any, count: int) -> None:
        stays_api = StaysApi([booking(n, seconds=60) for n in range(count)], paging)
        assert full(stays_api)[0] == everything(stays_api)

    @by_paging
    @pytest.mark.parametrize(
        "sort", [None, lambda stay: stay["id"][::-1]], ids=["newest first", "in no order"]
    )
    def test_brings_everything_where_the_vendor_does_not_sort(self, paging: Any, sort: Any) -> None:
        stays_api = StaysApi([booking(n) for n in reversed(range(23))], paging, sort)
        assert full(stays_api)[0] == everything(stays_api)

    @by_paging
    def test_brings_everything_where_the_filter_is_not_heeded(self, paging: Any) -> None:
        stays_api = StaysApi([booking(n) for n in range(23)], paging, heeds_since=False)
        assert full(stays_api)[0] == everything(stays_api)

    def test_brings_everything_where_the_filter_leaves_its_own_instant_out(self) -> None:
        stays_api = StaysApi(
            [booking(n, seconds=60 - n // 3) for n in range(23)], includes_since=False
        )
        assert full(stays_api)[0] == everything(stays_api)

    def test_brings_one_a_page(self) -> None:
        stays_api = StaysApi([booking(n) for n in range(4)], pms.PageNumbers(size=1))
        assert full(stays_api)[0] == everything(stays_api)

    def test_ends_where_a_page_too_far_is_404(self) -> None:
        stays_api = StaysApi(
            [booking(n) for n in range(7)],
            pms.PageNumbers(size=5, past_end_is_404=True),
            sort=None,
            past_end=404,
        )
        assert full(stays_api)[0] == everything(stays_api)

    def test_fails_where_a_list_is_404(self) -> None:
        stays_api = StaysApi([booking(n) for n in range(7)], sort=None, past_end=404)
        with pytest.raises(ProviderRejected):
            full(stays_api)

    def test_fails_where_the_page_is_not_heeded(self) -> None:
        stays_api = StaysApi([booking(n) for n in reversed(range(7))], sort=None, heeds_pages=False)
        with pytest.raises(UnreadableAnswer):
            full(stays_api)

    def test_requests_each_page_once_if_pages_are_full(self) -> None:
        stays_api = StaysApi(
            [booking(n) for n in range(4)], pms.PageNumbers(size=5, fills_pages=True)
        )
        full(stays_api)
        assert len(stays_api.asked) == 1


class TestWhatMovesMeanwhile:
    @by_paging
    @pytest.mark.parametrize("in_order", [True, False], ids=["sorted", "unsorted"])
    def test_hides_nothing(self, paging: Any, *, in_order: bool) -> None:
        """After each of the first pages, one of it is touched: it goes to the end, and all behind
        it slide one place forward."""
        touched = iter(range(6))

        def touch(stays_api: StaysApi) -> None:
            number = next(touched, None)
            if number is not None:
                stay = stays_api.stays.pop(0)
                stays_api.stays.append(stay | {"changed": booking(900 + number)["changed"]})

        sort = (lambda stay: stay["changed"]) if in_order else None
        begun = [booking(n) for n in (range(23) if in_order else reversed(range(23)))]
        stays_api = StaysApi(begun, paging, sort, between=touch)
        with opened(stays_api) as client:
            found = mapped_bookings(list(client.pull(request())))
        expected_bookings = {stay["id"]: stay["changed"] for stay in stays_api.stays}
        assert {i: s.version.updated_at.isoformat() for i, s in found.items()} == expected_bookings

    def test_is_not_chased_for_ever(self) -> None:
        count = iter(range(100_000))

        def churn(stays_api: StaysApi) -> None:
            stays_api.stays.append(stays_api.stays.pop(0) | {"note": str(next(count))})

        stays_api = StaysApi([booking(n) for n in reversed(range(12))], sort=None, between=churn)
        assert full(stays_api)[0] == everything(stays_api)


class TestDelta:
    def test_begins_where_the_last_pull_ended(self) -> None:
        stays_api = StaysApi([booking(n, seconds=86_400 - 900 * n) for n in range(20)])
        _, cursor = full(stays_api)
        stays_api.stays[3] |= {"changed": booking(0, seconds=1)["changed"]}
        stays_api.asked.clear()
        with opened(stays_api) as client:
            pages = list(client.pull(request(SyncKind.DELTA, cursor=cursor)))
        assert set(mapped_bookings(pages)) == {"B0003", "B0019"}
        assert pages[-1].cursor == stays_api.stays[3]["changed"]

    def test_rereads_an_overlap_for_late_commits(self) -> None:
        stays_api = StaysApi([booking(1, seconds=60)])
        _, cursor = full(stays_api)
        stays_api.stays.append(booking(2, seconds=60 + 9 * 60))
        with opened(stays_api) as client:
            found = mapped_bookings(list(client.pull(request(SyncKind.DELTA, cursor=cursor))))
        assert "B0002" in found

    def test_is_not_blinded_by_a_stamp_of_the_future(self) -> None:
        stays_api = StaysApi([booking(1), booking(2, seconds=-86_400)])
        _, cursor = full(stays_api)
        assert cursor is not None
        assert cursor < (NOW + timedelta(minutes=1)).isoformat()

    def test_reads_everything_from_a_cursor_that_is_none_of_ours(self) -> None:
        stays_api = StaysApi([booking(n, seconds=10**6 + n) for n in range(7)])
        with opened(stays_api) as client:
            found = mapped_bookings(list(client.pull(request(SyncKind.DELTA, cursor="page-9"))))
        assert set(found) == everything(stays_api)

    def test_of_an_empty_hotel_has_a_cursor(self) -> None:
        found, cursor = full(StaysApi([]))
        assert found == set()
        assert cursor is not None
        assert cursor < NOW.isoformat()


class TestReconcile:
    def test_moves_no_cursor(self) -> None:
        with opened(StaysApi([booking(1)])) as client:
            pages = list(client.pull(request(SyncKind.RECONCILE)))
        assert [page.cursor for page in pages] == [None] * len(pages)


class TestCheckpoint:
    @by_paging
    def test_resumes_after_the_last_page_that_was_stored(self, paging: Any) -> None:
        stays_api = StaysApi([booking(n) for n in range(23)], paging)
        with opened(stays_api) as client:
            stored = []
            for page in client.pull(request()):
                stored.append(page)
                if len(stored) == 3:
                    break
        stays_api.asked.clear()
        with opened(stays_api) as client:
            rest = list(client.pull(request(checkpoint=stored[-1].checkpoint)))
        assert set(mapped_bookings(stored)) | set(mapped_bookings(rest)) == everything(stays_api)
        assert set(mapped_bookings(rest)) < everything(stays_api)
        assert rest[-1].cursor == stays_api.stays[-1]["changed"]

    def test_of_another_version_begins_anew(self) -> None:
        stays_api = StaysApi([booking(n) for n in range(7)])
        with opened(stays_api) as client:
            found = mapped_bookings(list(client.pull(request(checkpoint='{"format":0}'))))
        assert set(found) == everything(stays_api)


class TestWindow:
    def test_is_asked_for_where_the_vendor_has_it_and_not_by_a_delta(self) -> None:
        limited = replace(BOOKINGS, stay_from="after", stay_to="before", query={"order": "up"})
        stays_api = StaysApi([booking(1)])
        with opened(stays_api, replace(VENDOR, bookings=limited)) as client:
            list(client.pull(request(SyncKind.RECONCILE)))
            list(client.pull(request(SyncKind.DELTA, cursor=NOW.isoformat())))
        wide, *_, narrow = stays_api.asked
        assert (wide["after"], wide["before"]) == ("2026-02-01", "2026-06-01")
        assert wide["order"] == narrow["order"] == "up"
        assert "after" not in narrow
