"""Applying a page of snapshots in one transaction."""

import gc
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from application.ingest.apply_items import ItemResult, apply_deletions, apply_items, count_outcomes
from domain.messages import ItemKind, ItemOutcome
from domain.precedence import Channel
from domain.snapshots import BookingSnapshot, Snapshot
from domain.status import BookingStatus, TransitionKind
from domain.sync_run import SyncCounts
from domain.values import Reason, SourceVersion
from ports.errors import ConcurrentChange, StoreUnavailable
from ports.providers import ReadItem
from tests.application.use_case_harness import App, booked, cell, guest, version
from tests.builders import JUNE

BAD = ReadItem(kind=ItemKind.BOOKING, raw=b"?", reason=Reason("not_in_script", None, "no"))
APPLIED, UNCHANGED = ItemOutcome.APPLIED, ItemOutcome.UNCHANGED
STALE, QUARANTINED = ItemOutcome.STALE, ItemOutcome.QUARANTINED


def apply(app: App, *payloads: Snapshot | ReadItem, **how: object) -> list[ItemResult]:
    items = [s if isinstance(s, ReadItem) else app.provider.item(s) for s in payloads]
    return app.write(
        lambda uow: apply_items(uow, items, app.context(**how), app.ids)  # type: ignore[arg-type]
    )


def outcomes(results: list[ItemResult]) -> list[ItemOutcome]:
    return [result.outcome for result in results]


def objects_of_a_page() -> Counter[str]:
    module = apply_items.__module__
    names = (type(o).__name__ for o in gc.get_objects() if type(o).__module__ == module)
    return Counter(names)


class TestPage:
    def test_merges_duplicates_and_saves_once(self, app: App) -> None:
        results = apply(app, booked(number=1), booked(number=2, status=BookingStatus.CHECKED_IN))
        assert outcomes(results) == [APPLIED, APPLIED]
        assert [r.created for r in results] == [True, False]
        held = app.known()
        assert (held.revision, held.details.status) == (1, BookingStatus.CHECKED_IN)
        assert app.changes() == ["created", "status_changed"]

    def test_raises_the_revision_by_one_for_any_number_of_duplicates(self, app: App) -> None:
        apply(app, booked(number=1))
        apply(app, *(booked(number=n, notes=f"note {n}") for n in range(2, 7)))
        assert app.known().revision == 2
        assert app.known().details.notes == "note 6"
        assert app.changes() == ["created"] + ["updated"] * 5

    def test_leaves_nothing_to_the_garbage_collector(self, app: App) -> None:
        items = [app.provider.item(s) for s in (booked(number=1), guest(), cell(available=1))]
        gc.collect()
        gc.disable()
        try:
            before = objects_of_a_page()
            app.write(lambda uow: apply_items(uow, items, app.context(), app.ids))
            after = objects_of_a_page()
        finally:
            gc.enable()
        assert after == before

    def test_marks_older_data_after_newer_data_as_stale(self, app: App) -> None:
        results = apply(app, booked(number=5, notes="new"), booked(number=4, notes="old"))
        assert outcomes(results) == [APPLIED, STALE]
        assert app.known().details.notes == "new"
        assert app.changes() == ["created"]

    def test_stores_a_newer_version_of_equal_content_without_an_event(self, app: App) -> None:
        results = apply(app, booked(number=1), booked(number=2))
        assert outcomes(results) == [APPLIED, UNCHANGED]
        assert app.known().version == version(2)
        assert app.changes() == ["created"]

    def test_applies_all_kinds_together(self, app: App) -> None:
        results = apply(app, guest(first_name="Ada"), booked(), cell(available=3), BAD)
        assert outcomes(results) == [APPLIED, APPLIED, APPLIED, QUARANTINED]
        assert {e["type"] for e in app.events()} == {
            "pms.guest.synced",
            "pms.booking.synced",
            "pms.availability.synced",
        }

    def test_applies_valid_items_beside_refused_ones(self, app: App) -> None:
        apply(app, booked("B2", status=BookingStatus.CHECKED_OUT))
        results = apply(
            app,
            booked("B1"),
            booked("B2", number=2, status=BookingStatus.PENDING),
            BAD,
            booked("B3"),
        )
        assert outcomes(results) == [APPLIED, QUARANTINED, QUARANTINED, APPLIED]
        assert results[1].reason is not None
        assert results[1].reason.code == "illegal_transition"
        assert app.known("B2").details.status is BookingStatus.CHECKED_OUT
        assert app.booking("B1")
        assert app.booking("B3")

    def test_writes_nothing_if_a_store_raises(self, app: App) -> None:
        apply(app, booked("B1"))
        items = [app.provider.item(s) for s in (booked("B2"), booked("B1", number=2, notes="x"))]
        with app.store.unit_of_work() as uow:
            other = apply_items(uow, items[1:], app.context(), app.ids)
            assert outcomes(other) == [APPLIED]
            with pytest.raises(ConcurrentChange):
                uow.bookings.save([app.known("B1")])
        assert app.known("B1").revision == 1
        assert app.changes("B1") == ["created"]
        assert app.booking("B2") is None

    def test_is_all_or_nothing_with_its_commit(self, app: App) -> None:
        app.store.fail_next_commit(StoreUnavailable())
        with pytest.raises(StoreUnavailable):
            apply(app, booked(), guest(), cell(available=1))
        assert app.booking() is None
        assert app.events() == []

    def test_publishes_availability_once_per_room_type(self, app: App) -> None:
        days = [JUNE.arrival + timedelta(days=n) for n in range(3)]
        apply(
            app,
            *(cell(day, available=1) for day in reversed(days)),
            cell(days[0], room_type="SGL", available=1),
            cell(days[0], number=2, available=2),
        )
        published = {
            e["subject"]: e["data"]["dates"] for e in app.events("pms.availability.synced")
        }
        assert published == {"DBL": [d.isoformat() for d in days], "SGL": [days[0].isoformat()]}
        assert len(app.events()) == 2

    def test_publishes_nothing_for_unchanged_availability(self, app: App) -> None:
        apply(app, cell(available=1))
        apply(app, cell(available=1), cell(number=2, available=1, version_is_ours=True))
        assert len(app.events()) == 1

    def test_records_every_status_change_with_its_reference(self, app: App) -> None:
        apply(app, booked(), booked(number=2, status=BookingStatus.CHECKED_IN))
        apply(app, booked(number=3, status=BookingStatus.CONFIRMED))
        booking = app.known()
        [rows] = app.store.queries.status_history(app.hotel.id, [booking.id]).values()
        assert [r.transition.kind for r in rows] == [
            TransitionKind.CREATED,
            TransitionKind.FORWARD,
            TransitionKind.CORRECTION,
        ]
        assert {r.reference for r in rows} == {"test"}
        assert app.changes()[-1] == "corrected"

    def test_leaves_a_version_conflict_to_the_provider(self, app: App) -> None:
        apply(app, booked(notes="one"))
        [asked] = apply(app, booked(notes="other"), can_fetch=True)
        assert asked.outcome is None
        [refused] = apply(app, booked(notes="other"))
        assert refused.outcome is QUARANTINED
        assert refused.reason is not None
        assert refused.reason.code == "version_tie"
        assert app.known().details.notes == "one"

    def test_separates_equal_ids_of_hotels_and_providers(self, app: App) -> None:
        other = app.connect(app.hotel, provider="push_only")
        app.push(booked(notes="push_only"), to=other)
        apply(app, booked(notes="scripted"))
        assert app.known().details.notes == "scripted"
        assert app.changes() == ["created", "created"]


class TestDeletionOfABooking:
    def test_that_is_unknown_stores_no_booking(self, app: App) -> None:
        deletion = BookingSnapshot(external_id="B1", version=version(2), deleted=True)
        assert outcomes(apply(app, deletion)) == [UNCHANGED]
        assert (app.booking(), app.events()) == (None, [])

    def test_that_is_stored_is_published_and_frees_the_room(self, app: App) -> None:
        deletion = BookingSnapshot(external_id="B1", version=version(2), deleted=True)
        assert outcomes(apply(app, booked(), deletion)) == [APPLIED, APPLIED]
        assert app.known().details.deleted_at_source == app.clock.now()
        assert not app.known().details.holds_inventory


class TestDeletionsAtTheSource:
    def delete(self, app: App, *ids: str, **how: object) -> int:
        context = app.context(channel=Channel.RECONCILED, **how)  # type: ignore[arg-type]
        return app.write(lambda uow: apply_deletions(uow, ids, context, app.ids))

    def test_free_the_room_and_are_published_once(self, app: App) -> None:
        apply(app, booked())
        assert self.delete(app, "B1", "unknown") == 1
        assert self.delete(app, "B1") == 0
        held = app.known().details
        assert held.deleted_at_source == app.clock.now()
        assert not held.holds_inventory
        assert app.changes() == ["created", "updated"]

    def test_lose_to_data_received_after_the_request(self, app: App) -> None:
        asked_at = app.clock.now()
        app.clock.advance(timedelta(seconds=1))
        apply(app, booked())
        assert self.delete(app, "B1", observed_at=asked_at) == 0
        assert app.known().details.deleted_at_source is None

    def test_end_when_the_provider_returns_the_booking(self, app: App) -> None:
        apply(app, booked())
        self.delete(app, "B1")
        apply(app, booked(number=2))
        held = app.known().details
        assert (held.deleted_at_source, held.holds_inventory) == (None, True)


class TestCounts:
    def test_add_up_to_the_items_seen(self, app: App) -> None:
        apply(app, booked("B2", number=5))
        results = apply(
            app,
            booked("B1"),
            booked("B1", number=2, notes="x"),
            booked("B2", number=5),
            booked("B2", number=4),
            BAD,
        )
        assert count_outcomes(results) == SyncCounts(
            seen=5, created=1, updated=1, unchanged=1, stale=1, quarantined=1
        )


class TestClockSkewOfAPage:
    def test_is_refused_in_a_push(self, app: App) -> None:
        ahead = SourceVersion(app.clock.now() + timedelta(days=2))
        results = apply(app, booked(), replace(booked(notes="ahead"), version=ahead))
        assert outcomes(results) == [APPLIED, QUARANTINED]
        assert results[1].reason is not None
        assert results[1].reason.code == "version_in_future"
        assert outcomes(apply(app, booked(number=2, notes="next"))) == [APPLIED]

    def test_is_accepted_from_the_api(self, app: App) -> None:
        ahead = replace(booked(), version=SourceVersion(app.clock.now() + timedelta(days=2)))
        assert outcomes(apply(app, ahead, channel=Channel.PULLED)) == [APPLIED]


class TestRedeliveryAfterAReconcile:
    def test_is_undecided_and_reverts_nothing(self, app: App) -> None:
        outdated = booked(number=9, notes="before the clock went back")
        apply(app, outdated)
        app.clock.advance(timedelta(minutes=1))
        apply(app, booked(number=5, notes="now"), channel=Channel.RECONCILED)
        app.clock.advance(timedelta(minutes=1))
        [again] = apply(app, outdated, can_fetch=True)
        assert again.outcome is None
        assert app.known().details.notes == "now"
        [newer] = apply(app, booked(number=10, notes="newer"), can_fetch=True)
        assert newer.outcome is APPLIED
