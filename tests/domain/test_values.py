from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.currencies import EXPONENTS
from domain.errors import InvalidField
from domain.values import (
    ABSENT,
    MAX_MINOR,
    AgeClass,
    AgeCount,
    DateRange,
    Money,
    SourceVersion,
    Stay,
)

T0 = datetime(2026, 3, 1, tzinfo=UTC)
D0 = date(2026, 6, 10)


class TestMoney:
    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("12.34", "EUR", 1234),
            ("12.340", "EUR", 1234),
            ("-0.01", "EUR", -1),
            ("1200", "JPY", 1200),
            ("1200.0", "JPY", 1200),
            ("1.234", "KWD", 1234),
            ("1.2345", "CLF", 12345),
            ("1E+2", "EUR", 10000),
            ("-0", "EUR", 0),
            ("10000000000000.00", "EUR", MAX_MINOR),
            ("1000000000000000", "JPY", MAX_MINOR),
        ],
    )
    def test_counts_minor_units_of_its_currency(
        self, amount: str, currency: str, minor: int
    ) -> None:
        made = Money.of(Decimal(amount), currency)
        assert made == Money(minor, currency)
        assert made.amount == Decimal(amount)

    @pytest.mark.parametrize(
        ("amount", "currency"),
        [
            ("0.001", "EUR"),
            ("0.5", "JPY"),
            ("1.2345", "KWD"),
            ("NaN", "EUR"),
            ("sNaN", "EUR"),
            ("Infinity", "EUR"),
            ("-Infinity", "EUR"),
            ("1E+16", "EUR"),
            ("1E+999999", "EUR"),
            ("10000000000000.01", "EUR"),
            ("1E-999999", "EUR"),
        ],
    )
    def test_is_never_rounded_nor_cut_silently(self, amount: str, currency: str) -> None:
        with pytest.raises(InvalidField) as refused:
            Money.of(Decimal(amount), currency)
        assert refused.value.code == "bad_amount"

    @pytest.mark.parametrize("currency", ["eur", "", "XXX", "EURO", "EU"])
    def test_rejects_currencies_outside_iso_4217(self, currency: str) -> None:
        with pytest.raises(InvalidField) as refused:
            Money.of(1, currency)
        assert refused.value.code == "unknown_currency"
        with pytest.raises(InvalidField) as refused:
            Money.rounded(Decimal(1), currency)
        assert refused.value.code == "unknown_currency"
        with pytest.raises(InvalidField) as refused:
            Money(1, currency)
        assert refused.value.code == "unknown_currency"

    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("0.005", "EUR", 0),
            ("0.015", "EUR", 2),
            ("0.0150001", "EUR", 2),
            ("-0.025", "EUR", -2),
            ("0.5", "JPY", 0),
            ("1.5", "JPY", 2),
            ("1.2345", "KWD", 1234),
        ],
    )
    def test_is_rounded_half_to_even_when_asked(
        self, amount: str, currency: str, minor: int
    ) -> None:
        assert Money.rounded(Decimal(amount), currency) == Money(minor, currency)

    @pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+16"])
    def test_rejects_rounding_of_nan_and_infinity(self, amount: str) -> None:
        with pytest.raises(InvalidField):
            Money.rounded(Decimal(amount), "EUR")

    def test_rejects_amounts_beyond_the_column(self) -> None:
        for minor in (MAX_MINOR, -MAX_MINOR):
            assert Money(minor, "EUR").minor == minor
        for minor in (MAX_MINOR + 1, -MAX_MINOR - 1):
            with pytest.raises(InvalidField):
                Money(minor, "EUR")

    @given(st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(sorted(EXPONENTS)))
    def test_round_trips_through_major_units(self, minor: int, currency: str) -> None:
        made = Money(minor, currency)
        assert Money.of(made.amount, currency) == made
        assert Money.rounded(made.amount, currency) == made

    @pytest.mark.parametrize(
        ("currency", "digits"),
        [("JPY", 0), ("EUR", 2), ("KWD", 3), ("UYW", 4), ("ISK", 0), ("HUF", 2), ("MGA", 2)],
    )
    def test_shows_its_currencys_digits(self, currency: str, digits: int) -> None:
        assert -int(Money(1, currency).amount.as_tuple().exponent) == digits


class TestStay:
    def test_may_be_day_use_and_occupies_its_day(self) -> None:
        day = Stay(D0, D0)
        assert day.is_day_use
        assert day.dates == DateRange(D0, D0 + timedelta(days=1))

    def test_frees_the_room_on_its_departure(self) -> None:
        stay = Stay(D0, D0 + timedelta(days=2))
        assert not stay.is_day_use
        assert stay.dates == DateRange(D0, stay.departure)
        after = Stay(stay.departure, stay.departure + timedelta(days=1))
        assert not stay.dates.overlaps(after.dates)
        assert not after.dates.overlaps(stay.dates)

    @pytest.mark.parametrize("nights", [1, 400, 1_830])
    def test_may_be_long(self, nights: int) -> None:
        assert Stay(D0, D0 + timedelta(days=nights)).departure > D0

    def test_rejects_more_than_five_years(self) -> None:
        with pytest.raises(InvalidField) as refused:
            Stay(D0, D0 + timedelta(days=1_831))
        assert refused.value.code == "stay_too_long"

    def test_rejects_departure_before_arrival(self) -> None:
        with pytest.raises(InvalidField) as refused:
            Stay(D0, D0 - timedelta(days=1))
        assert (refused.value.code, refused.value.path) == ("stay_reversed", "departure")

    @given(st.tuples(*[st.integers(0, 8)] * 4))
    def test_overlaps_another_when_they_share_a_day(self, days: tuple[int, ...]) -> None:
        (a, b), (c, d) = sorted(days[:2]), sorted(days[2:])
        one = Stay(D0 + timedelta(days=a), D0 + timedelta(days=b))
        two = Stay(D0 + timedelta(days=c), D0 + timedelta(days=d))
        shared = set(range(a, max(b, a + 1))) & set(range(c, max(d, c + 1)))
        assert one.dates.overlaps(two.dates) == two.dates.overlaps(one.dates) == bool(shared)

    def test_rejects_the_last_day_of_the_calendar(self) -> None:
        with pytest.raises(InvalidField) as refused:
            Stay(date.max, date.max)
        assert refused.value.code == "bad_date"
        last = date.max - timedelta(days=1)
        assert Stay(last, last).dates.end == date.max


class TestDateRange:
    @pytest.mark.parametrize("days", [0, -1])
    def test_rejects_an_end_that_is_not_after_the_start(self, days: int) -> None:
        with pytest.raises(InvalidField) as refused:
            DateRange(D0, D0 + timedelta(days=days))
        assert (refused.value.code, refused.value.path) == ("range_reversed", "end")

    def test_may_be_longer_than_any_stay(self) -> None:
        assert DateRange(date.min, date.max).overlaps(Stay(D0, D0).dates)


class TestSourceVersion:
    def test_orders_by_instant_then_sequence(self) -> None:
        later = T0 + timedelta(microseconds=1)
        versions = [SourceVersion(T0), SourceVersion(T0, 1), SourceVersion(later)]
        assert sorted(reversed(versions)) == versions

    @pytest.mark.parametrize("sequence", [-1, 2**63])
    def test_rejects_sequences_beyond_the_column(self, sequence: int) -> None:
        with pytest.raises(InvalidField):
            SourceVersion(T0, sequence)
        assert SourceVersion(T0, 2**63 - 1).sequence == 2**63 - 1

    @pytest.mark.parametrize(
        "instant",
        [
            datetime(2026, 3, 1),  # noqa: DTZ001  this is the fault
            datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=1))),
        ],
    )
    def test_rejects_instants_not_in_utc(self, instant: datetime) -> None:
        with pytest.raises(InvalidField) as refused:
            SourceVersion(instant)
        assert refused.value.code == "naive_instant"


class TestAgeCount:
    @pytest.mark.parametrize("count", [-1, 10_000])
    def test_rejects_impossible_numbers_of_persons(self, count: int) -> None:
        with pytest.raises(InvalidField):
            AgeCount(AgeClass.ADULT, count)
        assert [AgeCount(AgeClass.ADULT, n).count for n in (0, 9_999)] == [0, 9_999]


class TestAbsent:
    def test_is_neither_null_nor_true(self) -> None:
        assert not ABSENT
        assert ABSENT != None  # noqa: E711  the difference is the point
        assert repr(ABSENT) == "ABSENT"


class TestInvalidField:
    def test_gives_the_full_path_from_the_outside(self) -> None:
        inner = InvalidField("[2].departure", "fix it", code="c")
        outer = inner.under("rooms").under("bookings[0]")
        assert (outer.path, outer.code) == ("bookings[0].rooms[2].departure", "c")
        assert outer.message == "bookings[0].rooms[2].departure: fix it"
        assert outer.details == {"path": outer.path}
