"""Items of another property than the connection's, by every way into the application."""

from dataclasses import replace

import pytest

from domain.messages import ItemOutcome
from domain.snapshots import Snapshot
from domain.sync_run import SyncKind, SyncStatus
from ports.providers import FOREIGN_PROPERTY, ReadItem, Ref, RefKind, SourceProperty
from tests.application.use_case_harness import App, booked

OURS, OTHER = "P1", "P2"
B1 = Ref(RefKind.BOOKING, "B1")


@pytest.fixture
def app(app: App) -> App:
    app.edit(settings={"property_id": OURS})
    return app


def item_of(app: App, property_id: str, snapshot: Snapshot) -> ReadItem:
    named = SourceProperty(property_id, "hotel.id")
    return replace(app.provider.item(snapshot), source_property=named)


class TestForeignItem:
    def test_of_a_pull_is_quarantined_and_the_run_is_partial(self, app: App) -> None:
        page = app.page(
            item_of(app, OTHER, booked("B1")), item_of(app, OURS, booked("B2")), cursor="next"
        )
        run = app.run(SyncKind.FULL, page)
        assert run.status is SyncStatus.PARTIAL
        assert app.booking("B1") is None
        assert app.booking("B2") is not None
        (row,) = app.quarantined()
        assert row.reason is not None
        assert (row.reason.code, row.reason.path) == (FOREIGN_PROPERTY, "hotel.id")

    def test_of_a_pull_does_not_overwrite_the_booking_of_that_id(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(booked("B1", 1, notes="ours"), cursor="next"))
        app.run(SyncKind.DELTA, app.page(item_of(app, OTHER, booked("B1", 2, notes="theirs"))))
        assert app.known().details.notes == "ours"

    def test_fetched_after_a_notification_is_quarantined(self, app: App) -> None:
        app.provider.answers.append(app.page(item_of(app, OTHER, booked("B1"))))
        app.notify(B1)
        app.run_jobs()
        assert app.booking("B1") is None
        assert [row.reason and row.reason.code for row in app.quarantined()] == [FOREIGN_PROPERTY]

    def test_pushed_is_quarantined(self, app: App) -> None:
        foreign = item_of(app, OTHER, booked("B1"))
        app.provider.set_item(foreign)
        (item,) = app.push(foreign.raw).items
        assert item.outcome is ItemOutcome.QUARANTINED
        assert item.reason is not None
        assert item.reason.code == FOREIGN_PROPERTY
        assert app.booking("B1") is None

    def test_does_not_count_as_seen_by_a_reconcile(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(booked("B1"), cursor="next"))
        app.provider.holds(booked("B1"))
        app.run(SyncKind.RECONCILE, app.page(item_of(app, OTHER, booked("B1"))))
        assert app.provider.fetched == [[B1]]
        assert app.known().details.deleted_at_source is None

    def test_is_accepted_while_the_property_of_the_connection_is_unknown(self, app: App) -> None:
        app.edit(settings={})
        app.run(SyncKind.FULL, app.page(item_of(app, OTHER, booked("B1"))))
        assert app.booking("B1") is not None

    def test_is_refused_by_the_hotel_code_of_an_ota_connection(self, app: App) -> None:
        app.edit(settings={"hotel_code": OURS})
        app.run(SyncKind.FULL, app.page(item_of(app, OTHER, booked("B1"))))
        assert app.booking("B1") is None
