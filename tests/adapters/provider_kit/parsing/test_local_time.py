from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.provider_kit.parsing.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.parsing.local_time import (
    days_from,
    local_day,
    local_instant,
    midnight_utc,
    zone,
)


class TestZone:
    @pytest.mark.parametrize(
        "name", ["", "Europe", "Mars/Base", "../etc/passwd", "/etc/localtime", "europe/paris", "\0"]
    )
    def test_rejects_unknown_name(self, name: str) -> None:
        with pytest.raises(UnknownZone):
            zone(name)


class TestLocalDay:
    def test_is_the_hotels_calendar_date(self) -> None:
        instant = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
        assert local_day(instant, zone("Europe/Vienna")) == date(2026, 7, 1)
        assert local_day(instant, zone("America/New_York")) == date(2026, 6, 30)

    def test_rejects_naive_instant(self) -> None:
        with pytest.raises(ValueError, match="no time zone"):
            local_day(datetime(2026, 6, 30), zone("Europe/Vienna"))  # noqa: DTZ001 the point


class TestMidnight:
    @pytest.mark.parametrize(
        ("name", "day", "instant"),
        [
            ("Europe/Vienna", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC)),
            ("Europe/Vienna", date(2026, 3, 30), datetime(2026, 3, 29, 22, tzinfo=UTC)),
            ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
            ("America/Sao_Paulo", date(2018, 2, 18), datetime(2018, 2, 18, 3, tzinfo=UTC)),
            ("Asia/Beirut", date(2024, 3, 31), datetime(2024, 3, 30, 22, tzinfo=UTC)),
            ("America/Havana", date(2024, 11, 3), datetime(2024, 11, 3, 4, tzinfo=UTC)),
            ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
            ("Asia/Kathmandu", date(2026, 1, 1), datetime(2025, 12, 31, 18, 15, tzinfo=UTC)),
        ],
    )
    def test_is_the_first_instant_of_the_hotels_day(
        self, name: str, day: date, instant: datetime
    ) -> None:
        assert midnight_utc(day, zone(name)) == instant

    @given(
        st.dates(min_value=date(1975, 1, 1), max_value=date(2036, 12, 31)),
        st.sampled_from(
            ["America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Europe/Vienna", "Asia/Amman"]
        ),
    )
    def test_starts_the_day(self, day: date, name: str) -> None:
        midnight = midnight_utc(day, zone(name))
        assert local_day(midnight, zone(name)) == day
        assert local_day(midnight - timedelta(microseconds=1), zone(name)) < day


class TestLocalInstant:
    @pytest.mark.parametrize(
        ("text", "instant"),
        [
            ("2026-07-01T12:00:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
            ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ],
    )
    def test_is_the_first_of_a_repeated_time(self, text: str, instant: datetime) -> None:
        local = datetime.fromisoformat(text)
        assert local_instant(local, zone("Europe/Vienna"), path="at") == instant

    def test_rejects_the_ends_of_the_calendar(self) -> None:
        first = datetime.fromisoformat("0001-01-01T00:00:00")
        with pytest.raises(UnreadableField, match="at: expected an instant that exists"):
            local_instant(first, zone("Europe/Vienna"), path="at")


class TestDaysFrom:
    def test_excludes_the_departure_day(self) -> None:
        nights = list(days_from(date(2024, 2, 28), date(2024, 3, 1)))
        assert nights == [date(2024, 2, 28), date(2024, 2, 29)]

    def test_is_empty_for_day_use(self) -> None:
        assert list(days_from(date(2024, 2, 28), date(2024, 2, 28))) == []
