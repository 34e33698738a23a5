"""Verification: each kind of drift is reported, nothing is written."""

from dataclasses import replace
from datetime import timedelta

import pytest

from application.errors import ConnectionNotFound
from application.sync.verify_hotel import EXAMPLES, DriftReport, VerifyHotel
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, Party
from domain.status import BookingStatus
from domain.values import Reason
from ports.errors import ProviderUnavailable, Unsupported
from ports.providers import ReadItem
from tests.application.privacy.test_erase_guest import erase
from tests.application.sync.changing_provider import synced_provider
from tests.application.use_case_harness import App, booked, version
from tests.builders import DAY, JUNE

BAD = ReadItem(kind=ItemKind.BOOKING, raw=b"?", external_id="B1", reason=Reason("bad", None, "bad"))


def verify(app: App, *page: BookingSnapshot | ReadItem) -> DriftReport:
    """Verifies against these bookings, and asserts that nothing was written."""
    if page:
        app.script_pull(app.page(*page))
    before = app.store._committed
    use = VerifyHotel(app.unit_of_work, app.providers, app.clock)
    report = use(app.connection.id, correlation_id="verify")
    assert app.store._committed is before
    return report


class TestVerifiedHotel:
    def test_has_no_drift_after_a_sync(self, app: App) -> None:
        synced_provider(app, bookings=5)
        report = verify(app)
        assert (report.compared, report.drift, report.examples) == (5, 0, [])

    def test_has_no_drift_by_erased_guests(self, app: App) -> None:
        ada = Party(guest_id="G1", first_name="Ada")
        booking = booked("B1", primary_guest=ada, notes="Ada's")
        app.push(booking)
        erase(app, "G1")
        assert verify(app, booking).drift == 0
        longer = replace(booking, stay=replace(booking.stay, departure=JUNE.departure + DAY))
        assert verify(app, longer).differing == {"stay": 1, "rooms": 1}

    def test_counts_bookings_that_are_missing_here(self, app: App) -> None:
        report = verify(app, booked("B1"), booked("B2"))
        assert (report.missing, report.drift) == (2, 2)
        assert report.examples == ["B1: not stored here", "B2: not stored here"]

    def test_counts_a_booking_once_that_two_pages_have(self, app: App) -> None:
        app.push(booked("B1"))
        first, later = booked("B1", number=5, notes="one"), booked("B1", number=6, notes="two")
        app.script_pull(app.page(first), app.page(later, booked("B2")))
        report = verify(app)
        assert (report.compared, report.different, report.missing, report.drift) == (2, 1, 1, 2)

    def test_drift_is_a_number_of_bookings_not_of_fields(self, app: App) -> None:
        app.push(booked("B1"))
        report = verify(app, booked("B1", number=5, notes="other", confirmation_number="X"))
        assert (len(report.differing), report.drift) == (2, 1)

    def test_does_not_miss_bookings_that_ended_before_they_were_known(self, app: App) -> None:
        deleted = BookingSnapshot(external_id="B1", version=version(1), deleted=True)
        report = verify(app, deleted)
        assert (report.compared, report.drift) == (1, 0)

    def test_counts_bookings_deleted_there_as_surplus(self, app: App) -> None:
        app.push(booked("B1"))
        report = verify(app)
        assert (report.surplus, report.drift) == (1, 1)

    def test_fetches_by_id_before_counting_surplus(self, app: App) -> None:
        app.push(booked("B1"))
        app.provider.holds(booked("B1"))
        assert verify(app).drift == 0

    def test_counts_unreturned_bookings_as_surplus_without_fetch(self, app: App) -> None:
        app.push(booked("B1"))
        app.provider.capabilities = replace(app.provider.capabilities, fetches_by_id=False)
        report = verify(app)
        assert (report.surplus, app.provider.fetched) == (1, [])

    def test_differs_by_field(self, app: App) -> None:
        app.push(booked("B1", notes="ours"), booked("B2"))
        report = verify(
            app,
            booked("B1", number=2, notes="theirs", status=BookingStatus.CHECKED_IN),
            booked("B2"),
        )
        assert report.differing["notes"] == report.differing["status"] == 1
        assert (report.missing, report.surplus, report.compared) == (0, 0, 2)
        assert "ours" not in str(report.examples)
        assert "theirs" not in str(report.examples)

    def test_differs_also_under_an_older_version_or_since_a_later_push(self, app: App) -> None:
        app.clock.advance(timedelta(hours=1))
        app.push(booked("B1", number=5, notes="ours"))
        app.clock.advance(-timedelta(hours=1))
        assert verify(app, booked("B1", number=2, notes="theirs")).differing == {"notes": 1}
        assert verify(app, booked("B1", number=5, notes="theirs")).differing == {"notes": 1}

    def test_reports_a_difference_of_versions_only(self, app: App) -> None:
        app.push(booked("B1"))
        assert verify(app, booked("B1", number=2)).differing == {"source_version": 1}

    def test_of_versions_only_is_no_drift_where_a_delta_cannot_close_it(self, app: App) -> None:
        app.provider.capabilities = replace(
            app.provider.capabilities, delta_filters_by_modification=False
        )
        app.push(booked("B1"), booked("B2"))
        report = verify(app, booked("B1", number=2), booked("B2", number=2, notes="theirs"))
        assert (report.differing, report.drift) == ({"notes": 1}, 1)

    def test_can_not_be_read_everywhere(self, app: App) -> None:
        app.push(booked("B1"))
        report = verify(app, BAD)
        assert (report.unreadable, report.surplus) == (1, 0)

    def test_names_only_some_examples(self, app: App) -> None:
        report = verify(app, *(booked(f"B{n}") for n in range(EXAMPLES + 5)))
        assert len(report.examples) == EXAMPLES
        assert report.missing == EXAMPLES + 5


class TestRefusal:
    def test_is_unsupported_for_a_push_only_connection(self, app: App) -> None:
        push_only = app.connect(app.hotel, provider="push_only")
        use = VerifyHotel(app.unit_of_work, app.providers, app.clock)
        with pytest.raises(Unsupported):
            use(push_only.id, correlation_id="c")
        with pytest.raises(ConnectionNotFound):
            use(app.ids.new(), correlation_id="c")
        app.provider.refusal = ProviderUnavailable()
        with pytest.raises(ProviderUnavailable):
            use(app.connection.id, correlation_id="c")
