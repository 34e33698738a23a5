import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from entrypoints.local.demo import Demo, add_demo_hotels, load_demo, save_demo

LATE = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
"""The next day has begun in Berlin."""

FILE_OF_AN_EARLIER_VERSION = {
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


def demo_with_hotels(*providers: str) -> Demo:
    return add_demo_hotels(Demo(), providers, bookings=9, now=LATE)


class TestDemo:
    def test_has_no_hotels_in_a_new_home(self, tmp_path: Path) -> None:
        assert load_demo(tmp_path) == Demo()

    def test_is_stored_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        demo = demo_with_hotels("mews", "apaleo")
        save_demo(tmp_path, demo)
        assert load_demo(tmp_path) == demo
        (stored,) = tmp_path.iterdir()
        assert stat.S_IMODE(stored.stat().st_mode) == 0o600

    def test_gives_hotels_different_slugs_names_and_time_zones(self) -> None:
        demo = demo_with_hotels("mews", "apaleo", "elsewhere")
        assert [hotel.slug for hotel in demo.hotels] == ["demo", "demo-apaleo", "demo-elsewhere"]
        for field in ("name", "time_zone", "seed"):
            assert len({getattr(hotel, field) for hotel in demo.hotels}) == 3

    def test_starts_a_hotel_on_its_local_date(self) -> None:
        (hotel,) = demo_with_hotels("mews").hotels
        assert (hotel.time_zone, hotel.start_date) == ("Europe/Berlin", "2026-03-02")

    def test_adds_missing_hotels_and_keeps_existing_ones(self) -> None:
        before = demo_with_hotels("mews")
        after = add_demo_hotels(before, ["apaleo", "mews"], bookings=3, now=LATE)
        assert after.hotels[:1] == before.hotels
        assert [(hotel.provider, hotel.bookings) for hotel in after.hotels[1:]] == [("apaleo", 3)]

    def test_reads_the_file_of_an_earlier_version(self, tmp_path: Path) -> None:
        (tmp_path / "demo.json").write_text(json.dumps(FILE_OF_AN_EARLIER_VERSION))
        demo = load_demo(tmp_path)
        assert (demo.canonical_key, demo.canonical_token) == ("canonical key", "canonical token")
        (hotel,) = demo.hotels
        assert (hotel.provider, hotel.slug, hotel.seed, hotel.bookings) == ("mews", "demo", 4, 77)
        assert (hotel.start_date, hotel.simulator_port) == ("2026-02-03", 15_003)
        assert hotel.connection_id == FILE_OF_AN_EARLIER_VERSION["connection_id"]
        assert hotel.connection_key == "the-key"
        assert (hotel.partner_key, hotel.token) == ("partner key", "token")
