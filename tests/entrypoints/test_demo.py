"""What `pms up` keeps of its demo hotels from one start to the next."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from entrypoints.demo import Demo, keep, remembered, with_hotels_of

LATE = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
"""In Berlin it is tomorrow already."""

KEPT_BY_A_FORMER_VERSION = {
    "seed": 4,
    "bookings": 77,
    "start_date": "2026-02-03",
    "simulator_port": 15_003,
    "webhook_path": "/api/pms/mews/webhook/the-key",
    "connection_id": "01a20596-2460-772c-a07a-808846fd35a9",
    "canonical_key": "canonical key",
    "canonical_token": "canonical token",
    "mews_key": "partner key",
    "mews_token": "token",
}


def begun(*providers: str) -> Demo:
    return with_hotels_of(Demo(), providers, bookings=9, now=LATE)


class TestDemo:
    def test_of_a_new_home_has_no_hotels(self, tmp_path: Path) -> None:
        assert remembered(tmp_path) == Demo()

    def test_is_kept_for_its_owner_alone(self, tmp_path: Path) -> None:
        demo = begun("mews", "apaleo")
        keep(tmp_path, demo)
        assert remembered(tmp_path) == demo
        (kept,) = tmp_path.iterdir()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    def test_puts_each_hotel_in_a_place_of_its_own(self) -> None:
        demo = begun("mews", "apaleo", "elsewhere")
        assert [hotel.slug for hotel in demo.hotels] == ["demo", "demo-apaleo", "demo-elsewhere"]
        for field in ("name", "time_zone", "seed"):
            assert len({getattr(hotel, field) for hotel in demo.hotels}) == 3

    def test_begins_a_hotel_on_its_own_today(self) -> None:
        (hotel,) = begun("mews").hotels
        assert (hotel.time_zone, hotel.start_date) == ("Europe/Berlin", "2026-03-02")

    def test_adds_what_is_missing_and_leaves_the_rest(self) -> None:
        before = begun("mews")
        after = with_hotels_of(before, ["apaleo", "mews"], bookings=3, now=LATE)
        assert after.hotels[:1] == before.hotels
        assert [(hotel.provider, hotel.bookings) for hotel in after.hotels[1:]] == [("apaleo", 3)]

    def test_of_a_former_version_goes_on(self, tmp_path: Path) -> None:
        (tmp_path / "demo.json").write_text(json.dumps(KEPT_BY_A_FORMER_VERSION))
        demo = remembered(tmp_path)
        assert (demo.canonical_key, demo.canonical_token) == ("canonical key", "canonical token")
        (hotel,) = demo.hotels
        assert (hotel.provider, hotel.slug, hotel.seed, hotel.bookings) == ("mews", "demo", 4, 77)
        assert (hotel.start_date, hotel.simulator_port) == ("2026-02-03", 15_003)
        assert hotel.connection_id == KEPT_BY_A_FORMER_VERSION["connection_id"]
        assert hotel.connection_key == "the-key"
        assert (hotel.partner_key, hotel.token) == ("partner key", "token")
