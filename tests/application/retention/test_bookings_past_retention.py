"""Bookings past the hotel's retention are purged, and nothing brings them back."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from application.ingest.apply_items import PAST_RETENTION
from application.sync.verify_hotel import DriftReport, VerifyHotel
from domain.messages import ItemOutcome
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncCounts, SyncKind
from domain.values import Stay
from tests.application.retention.test_apply_retention import keep, purges
from tests.application.use_case_harness import MINUTE, App, booked, version

DAY = timedelta(days=1)
DAYS_KEPT = 30


def departing(app: App, days_ago: int, external_id: str = "B1", number: int = 1) -> BookingSnapshot:
    """By the day of now."""
    today = app.clock.now().date()
    stay = Stay(today - (days_ago + 2) * DAY, today - days_ago * DAY)
    return booked(external_id, number, BookingStatus.CHECKED_OUT, stay=stay)


def verify(app: App, *bookings: BookingSnapshot) -> DriftReport:
    app.script_pull(app.page(*bookings))
    use = VerifyHotel(app.unit_of_work, app.providers, app.clock)
    return use(app.connection.id, correlation_id="verify")


@pytest.fixture
def keeping(app: App) -> App:
    keep(app, app.hotel, bookings=DAYS_KEPT)
    return app


class TestWholeWay:
    def test_a_purged_booking_is_no_drift_and_stays_away(self, keeping: App) -> None:
        app = keeping
        old, recent = departing(app, 2, "OLD"), departing(app, -40, "RECENT")
        app.run(SyncKind.FULL, app.page(old, recent, cursor="c"))
        app.clock.advance(DAYS_KEPT * DAY)
        app.tick()
        assert (app.booking("OLD"), app.booking("RECENT") is not None) == (None, True)
        [entry] = purges(app, app.hotel)
        assert entry.details["bookings"] == 1
        events = len(app.events("pms.booking.synced"))

        run = app.run(SyncKind.FULL, app.page(old, recent, cursor="d"))
        assert run.counts == SyncCounts(seen=2, unchanged=2)
        assert app.booking("OLD") is None
        assert len(app.events("pms.booking.synced")) == events
        report = verify(app, old, recent)
        assert (report.compared, report.drift, report.examples) == (1, 0, [])

    def test_one_that_is_still_due_is_compared(self, keeping: App) -> None:
        app = keeping
        report = verify(app, departing(app, DAYS_KEPT, "KEPT"), departing(app, DAYS_KEPT + 1))
        assert (report.missing, report.examples) == (1, ["KEPT: not stored here"])


class TestIngest:
    def test_says_that_a_booking_was_not_stored(self, keeping: App) -> None:
        [old, kept] = keeping.push(
            departing(keeping, DAYS_KEPT + 1), departing(keeping, DAYS_KEPT, "B2")
        ).items
        assert (old.outcome, old.reason) == (ItemOutcome.UNCHANGED, PAST_RETENTION)
        assert (kept.outcome, kept.reason) == (ItemOutcome.APPLIED, None)
        assert keeping.booking("B1") is None
        assert keeping.quarantined() == []

    def test_stores_old_bookings_where_they_are_kept_for_ever(self, app: App) -> None:
        app.push(departing(app, 5_000))
        assert app.booking() is not None

    def test_changes_a_stored_booking_that_moves_to_the_past(self, keeping: App) -> None:
        """Else ours would show a stay that is not the provider's."""
        keeping.push(departing(keeping, -9))
        moved = departing(keeping, DAYS_KEPT + 9, number=2)
        [item] = keeping.push(moved).items
        assert item.outcome is ItemOutcome.APPLIED
        assert keeping.known("B1").details.stay == moved.stay
        keeping.clock.advance(DAY)
        keeping.tick()
        assert keeping.booking("B1") is None

    def test_records_the_end_of_an_unknown_booking(self, keeping: App) -> None:
        """A deletion names no stay; it may come before the creation."""
        keeping.push(BookingSnapshot(external_id="B1", version=version(1), deleted=True))
        assert len(keeping.store._committed.tombstones) == 1

    def test_reads_the_retention_for_new_bookings_of_the_past_only(self, keeping: App) -> None:
        keeping.push(departing(keeping, -9, "B1"))
        asked: list[object] = []
        real = keeping.unit_of_work

        class Watched:
            def __init__(self) -> None:
                self._real = real()

            def __getattr__(self, name: str) -> object:
                if name == "retention":
                    asked.append(name)
                return getattr(self._real, name)

            def __enter__(self) -> "Watched":
                self._real.__enter__()
                return self

            def __exit__(self, *error: object) -> None:
                self._real.__exit__(*error)  # type: ignore[arg-type]

        keeping.__dict__["unit_of_work"] = Watched
        keeping.push(departing(keeping, -9, "B1", number=2), departing(keeping, -9, "B3"))
        assert asked == []
        keeping.push(departing(keeping, 1, "B4"))
        assert asked == ["retention"]


class TestLimit:
    @pytest.mark.parametrize("hours", [0, 12, 23])
    def test_is_the_same_for_ingest_and_purge(self, keeping: App, hours: int) -> None:
        """What was just stored is not purged at once, whatever the hour."""
        midnight = keeping.clock.now().replace(hour=0, minute=0) + DAY
        keeping.clock.advance(midnight - keeping.clock.now() + timedelta(hours=hours))
        keeping.push(departing(keeping, DAYS_KEPT, "KEPT"), departing(keeping, DAYS_KEPT + 1))
        keep(keeping, keeping.hotel, bookings=DAYS_KEPT)
        keeping.tick()
        assert keeping.booking("KEPT") is not None
        assert keeping.booking("B1") is None
        keeping.clock.advance(DAY)
        keeping.tick()
        assert keeping.booking("KEPT") is None


def test_bookings_of_other_hotels_stay(keeping: App) -> None:
    other = keeping.connect(keeping.add_hotel(), key="other")
    old = departing(keeping, 5)
    keeping.push(old)
    keeping.push(replace(old), to=other)
    keeping.clock.advance(DAYS_KEPT * DAY + MINUTE)
    keeping.tick()
    assert isinstance(old.stay, Stay)
    assert isinstance(old.stay.departure, date)
    assert [b.hotel_id for b in keeping.store._committed.bookings.values()] == [other.hotel_id]
