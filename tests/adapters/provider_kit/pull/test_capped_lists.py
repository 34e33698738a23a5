"""Lists of days that end after a number of records."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import pytest

from adapters.outbound.provider_kit.pull.capped_lists import (
    ANY_DAY,
    halve_days,
    read_within_cap,
)
from domain.values import DateRange
from ports.errors import ListCapReached

FIRST = date(2026, 6, 1)
JUNE = DateRange(FIRST, date(2026, 7, 1))


class CappedVendor:
    """`per_day`: records of each day of June; a list ends after `cap` of them."""

    def __init__(self, per_day: list[int], cap: int) -> None:
        self.per_day = per_day
        self.cap = cap
        self.requested: list[DateRange] = []

    def read(self, days: DateRange) -> Iterator[tuple[int, str]]:
        self.requested.append(days)
        first, end = (days.start - FIRST).days, (days.end - FIRST).days
        names = [f"{n}.{i}" for n in range(first, end) for i in range(self.per_day[n])]
        yield from enumerate(names[: self.cap], start=1)

    def read_all(self, *, cap: int | None) -> set[str]:
        halve = partial(halve_days, path="bookings")
        return set(read_within_cap(JUNE, self.read, halve, cap=cap))


class TestReadWithinCap:
    def test_reads_a_short_list_once(self) -> None:
        vendor = CappedVendor([3] * 30, cap=100)
        assert len(vendor.read_all(cap=100)) == 90
        assert vendor.requested == [JUNE]

    @pytest.mark.parametrize("per_day", [[3] * 30, [0] * 29 + [9], [9] + [0] * 28 + [9]])
    def test_reads_everything_of_a_full_list(self, per_day: list[int]) -> None:
        vendor = CappedVendor(per_day, cap=10)
        assert len(vendor.read_all(cap=10)) == sum(per_day)

    def test_divides_a_list_of_exactly_the_limit(self) -> None:
        vendor = CappedVendor([1] * 30, cap=30)
        assert len(vendor.read_all(cap=30)) == 30
        middle = FIRST + timedelta(days=15)
        assert vendor.requested[1:] == [DateRange(FIRST, middle), DateRange(middle, JUNE.end)]

    def test_rejects_a_full_list_of_one_day(self) -> None:
        vendor = CappedVendor([0] * 17 + [10] + [0] * 12, cap=10)
        with pytest.raises(ListCapReached) as caught:
            vendor.read_all(cap=10)
        assert caught.value.path == "bookings"

    def test_trusts_lists_without_a_limit(self) -> None:
        vendor = CappedVendor([3] * 30, cap=1_000)
        assert len(vendor.read_all(cap=None)) == 90
        assert vendor.requested == [JUNE]


class TestHalveDays:
    def test_divides_years_near_a_day_first(self) -> None:
        past, ahead = halve_days(ANY_DAY, "bookings", near=FIRST)
        assert (past.end, ahead.start) == (FIRST, FIRST)
        lengths = []
        while ahead.end == ANY_DAY.end and len(lengths) < 3:
            soon, ahead = halve_days(ahead, "bookings", near=FIRST)
            lengths.append((soon.end - soon.start).days)
            earlier, late = halve_days(past, "bookings", near=FIRST)
            assert late.end - late.start == soon.end - soon.start
            past = earlier
        assert lengths == [366, 366, 732]

    @pytest.mark.parametrize("near", [ANY_DAY.start, FIRST, ANY_DAY.end, date.max])
    def test_ends_at_single_days(self, near: date) -> None:
        days, steps = ANY_DAY, 0
        while days.end - days.start > timedelta(days=1):
            days, steps = max(halve_days(days, "bookings", near=near), key=_length), steps + 1
        assert steps < 40
        with pytest.raises(ListCapReached):
            halve_days(days, "bookings", near=near)


def _length(days: DateRange) -> timedelta:
    return days.end - days.start
