"""Replay of quarantined items."""

import pytest

from application.errors import NotFound
from domain.messages import InboxItem, InboxState, ItemKind, ItemOutcome
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import Reason
from ports.errors import ProviderUnavailable
from ports.providers import ReadItem
from tests.application.use_case_harness import App, booked

BAD = Reason("bad", "state", "no such state")


def bad_item(raw: bytes = b"bad", external_id: str | None = "B1") -> ReadItem:
    return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=BAD)


def pulled(app: App, item: ReadItem) -> InboxItem:
    app.run(SyncKind.DELTA, app.page(item))
    [row] = app.quarantined()
    return row


class TestPushedItem:
    def test_is_applied_after_its_mapping_was_fixed(self, app: App) -> None:
        [item] = app.push(b"odd line").items
        app.provider.set_snapshot(b"odd line", booked())
        outcome = app.replay(app.hotel.id, item.inbox_id)
        assert outcome.outcome is ItemOutcome.APPLIED
        assert app.changes() == ["created"]
        assert app.quarantined() == []

    def test_that_is_still_invalid_stays_and_is_not_reported_again(self, app: App) -> None:
        [item] = app.push(b"odd line").items
        outcome = app.replay(app.hotel.id, item.inbox_id)
        assert outcome.state is InboxState.QUARANTINED
        assert [row.id for row in app.quarantined()] == [item.inbox_id]
        assert len(app.events()) == 1

    def test_that_is_outdated_is_stale(self, app: App) -> None:
        [item] = app.push(b"odd line").items
        app.push(booked(number=5, notes="new"))
        app.provider.set_snapshot(b"odd line", booked(number=4, notes="old"))
        assert app.replay(app.hotel.id, item.inbox_id).outcome is ItemOutcome.STALE
        assert app.known().details.notes == "new"

    def test_with_a_version_conflict_is_decided_by_the_provider(self, app: App) -> None:
        [item] = app.push(b"odd line").items
        app.push(booked(notes="one"))
        app.provider.set_snapshot(b"odd line", booked(notes="other"))
        app.provider.holds(booked(notes="other"))
        assert app.replay(app.hotel.id, item.inbox_id).outcome is ItemOutcome.APPLIED
        assert app.known().details.notes == "other"

    def test_does_not_process_the_rest_of_its_batch(self, app: App) -> None:
        one, two = app.push(b"odd 1", b"odd 2").items
        app.provider.set_snapshot(b"odd 1", booked("B1"))
        app.provider.set_snapshot(b"odd 2", booked("B2"))
        app.replay(app.hotel.id, one.inbox_id)
        assert [row.id for row in app.quarantined()] == [two.inbox_id]
        assert app.booking("B2") is None


class TestPulledItem:
    def test_is_fetched_again(self, app: App) -> None:
        row = pulled(app, bad_item())
        app.provider.holds(booked(status=BookingStatus.CHECKED_IN))
        outcome = app.replay(app.hotel.id, row.id)
        assert (outcome.state, outcome.outcome) == (InboxState.DONE, ItemOutcome.APPLIED)
        assert app.known().details.status is BookingStatus.CHECKED_IN

    @pytest.mark.parametrize("external_id", ["B1", None])
    def test_that_is_returned_unchanged_stays(self, app: App, external_id: str | None) -> None:
        row = pulled(app, bad_item())
        app.provider.answers.append(app.page(bad_item(external_id=external_id)))
        app.replay(app.hotel.id, row.id)
        assert [r.id for r in app.quarantined()] == [row.id]
        assert app.row(row.id).reason == BAD
        assert len(app.events("pms.item.quarantined")) == 1

    def test_that_is_returned_invalid_in_another_way_is_replaced(self, app: App) -> None:
        row = pulled(app, bad_item())
        app.provider.answers.append(app.page(bad_item(b"worse")))
        outcome = app.replay(app.hotel.id, row.id)
        assert (outcome.state, outcome.outcome) == (InboxState.DONE, ItemOutcome.QUARANTINED)
        assert [r.body for r in app.quarantined()] == [b"worse"]

    def test_stays_with_its_reason_while_the_provider_is_down(self, app: App) -> None:
        row = pulled(app, bad_item())
        app.provider.refusal = ProviderUnavailable()
        with pytest.raises(ProviderUnavailable):
            app.replay(app.hotel.id, row.id)
        [kept] = app.quarantined()
        assert (kept.id, kept.reason, kept.outcome) == (row.id, BAD, ItemOutcome.QUARANTINED)
        assert len(app.events("pms.item.quarantined")) == 1


class TestReplay:
    def test_finds_only_quarantined_items_of_this_hotel_and_provider(self, app: App) -> None:
        [good] = app.push(booked()).items
        [bad] = app.push(b"bad").items
        with pytest.raises(NotFound):
            app.replay(app.hotel.id, good.inbox_id)
        with pytest.raises(NotFound):
            app.replay(app.hotel.id, app.ids.new())
        with pytest.raises(NotFound):
            app.replay(app.add_hotel().id, bad.inbox_id)
        with pytest.raises(NotFound):
            app.replay(app.hotel.id, bad.inbox_id, provider="push_only")
        assert app.replay(app.hotel.id, bad.inbox_id, provider="scripted")

    def test_by_two_callers_at_once_applies_once(self, app: App) -> None:
        [item] = app.push(b"odd line").items
        app.provider.set_snapshot(b"odd line", booked())
        app.interruptions = {2: lambda: app.replay(app.hotel.id, item.inbox_id)}
        with pytest.raises(NotFound):
            app.replay(app.hotel.id, item.inbox_id)
        assert app.changes() == ["created"]
