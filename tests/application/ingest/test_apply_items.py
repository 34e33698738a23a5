"""A page of what a provider said, applied in one transaction."""

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
from tests.application.use_case_harness import World, booked, cell, guest, version
from tests.builders import JUNE

BAD = ReadItem(kind=ItemKind.BOOKING, raw=b"?", reason=Reason("not_in_script", None, "no"))
APPLIED, UNCHANGED = ItemOutcome.APPLIED, ItemOutcome.UNCHANGED
STALE, QUARANTINED = ItemOutcome.STALE, ItemOutcome.QUARANTINED


def apply(world: World, *said: Snapshot | ReadItem, **how: object) -> list[ItemResult]:
    items = [s if isinstance(s, ReadItem) else world.provider.item(s) for s in said]
    return world.write(
        lambda uow: apply_items(uow, items, world.context(**how), world.ids)  # type: ignore[arg-type]
    )


def outcomes(results: list[ItemResult]) -> list[ItemOutcome]:
    return [result.outcome for result in results]


class TestPage:
    def test_hears_a_booking_twice_and_saves_it_once(self, world: World) -> None:
        results = apply(world, booked(number=1), booked(number=2, status=BookingStatus.CHECKED_IN))
        assert outcomes(results) == [APPLIED, APPLIED]
        assert [r.created for r in results] == [True, False]
        held = world.known()
        assert (held.revision, held.details.status) == (1, BookingStatus.CHECKED_IN)
        assert world.changes() == ["created", "status_changed"]

    def test_raises_the_revision_by_one_however_often_it_hears_a_known_booking(
        self, world: World
    ) -> None:
        apply(world, booked(number=1))
        apply(world, *(booked(number=n, notes=f"note {n}") for n in range(2, 7)))
        assert world.known().revision == 2
        assert world.known().details.notes == "note 6"
        assert world.changes() == ["created"] + ["updated"] * 5

    def test_applies_an_older_word_after_a_newer_one_as_stale(self, world: World) -> None:
        results = apply(world, booked(number=5, notes="new"), booked(number=4, notes="old"))
        assert outcomes(results) == [APPLIED, STALE]
        assert world.known().details.notes == "new"
        assert world.changes() == ["created"]

    def test_keeps_a_newer_version_of_the_same_content_without_an_event(self, world: World) -> None:
        results = apply(world, booked(number=1), booked(number=2))
        assert outcomes(results) == [APPLIED, UNCHANGED]
        assert world.known().version == version(2)
        assert world.changes() == ["created"]

    def test_takes_all_kinds_together(self, world: World) -> None:
        results = apply(world, guest(first_name="Ada"), booked(), cell(available=3), BAD)
        assert outcomes(results) == [APPLIED, APPLIED, APPLIED, QUARANTINED]
        assert {e["type"] for e in world.events()} == {
            "pms.guest.synced",
            "pms.booking.synced",
            "pms.availability.synced",
        }

    def test_applies_the_good_around_what_is_refused(self, world: World) -> None:
        apply(world, booked("B2", status=BookingStatus.CHECKED_OUT))
        results = apply(
            world,
            booked("B1"),
            booked("B2", number=2, status=BookingStatus.PENDING),
            BAD,
            booked("B3"),
        )
        assert outcomes(results) == [APPLIED, QUARANTINED, QUARANTINED, APPLIED]
        assert results[1].reason is not None
        assert results[1].reason.code == "illegal_transition"
        assert world.known("B2").details.status is BookingStatus.CHECKED_OUT
        assert world.booking("B1")
        assert world.booking("B3")

    def test_writes_nothing_where_a_store_raises_midway(self, world: World) -> None:
        apply(world, booked("B1"))
        items = [world.provider.item(s) for s in (booked("B2"), booked("B1", number=2, notes="x"))]
        with world.store.unit_of_work() as uow:
            other = apply_items(uow, items[1:], world.context(), world.ids)
            assert outcomes(other) == [APPLIED]
            with pytest.raises(ConcurrentChange):
                uow.bookings.save([world.known("B1")])
        assert world.known("B1").revision == 1
        assert world.changes("B1") == ["created"]
        assert world.booking("B2") is None

    def test_is_all_or_nothing_with_its_commit(self, world: World) -> None:
        world.store.fail_next_commit(StoreUnavailable())
        with pytest.raises(StoreUnavailable):
            apply(world, booked(), guest(), cell(available=1))
        assert world.booking() is None
        assert world.events() == []

    def test_tells_of_availability_once_per_room_type(self, world: World) -> None:
        days = [JUNE.arrival + timedelta(days=n) for n in range(3)]
        apply(
            world,
            *(cell(day, available=1) for day in reversed(days)),
            cell(days[0], room_type="SGL", available=1),
            cell(days[0], number=2, available=2),
        )
        told = {e["subject"]: e["data"]["dates"] for e in world.events("pms.availability.synced")}
        assert told == {"DBL": [d.isoformat() for d in days], "SGL": [days[0].isoformat()]}
        assert len(world.events()) == 2

    def test_tells_of_an_availability_that_did_not_change_nothing(self, world: World) -> None:
        apply(world, cell(available=1))
        apply(world, cell(available=1), cell(number=2, available=1, version_is_ours=True))
        assert len(world.events()) == 1

    def test_records_every_change_of_status_with_what_brought_it(self, world: World) -> None:
        apply(world, booked(), booked(number=2, status=BookingStatus.CHECKED_IN))
        apply(world, booked(number=3, status=BookingStatus.CONFIRMED))
        booking = world.known()
        [rows] = world.store.queries.status_history(world.hotel.id, [booking.id]).values()
        assert [r.transition.kind for r in rows] == [
            TransitionKind.CREATED,
            TransitionKind.FORWARD,
            TransitionKind.CORRECTION,
        ]
        assert {r.reference for r in rows} == {"test"}
        assert world.changes()[-1] == "corrected"

    def test_leaves_a_version_conflict_to_the_provider(self, world: World) -> None:
        apply(world, booked(notes="one"))
        [asked] = apply(world, booked(notes="other"), can_fetch=True)
        assert asked.outcome is None
        [refused] = apply(world, booked(notes="other"))
        assert refused.outcome is QUARANTINED
        assert refused.reason is not None
        assert refused.reason.code == "version_tie"
        assert world.known().details.notes == "one"

    def test_knows_nothing_of_the_same_id_at_another_hotel_or_provider(self, world: World) -> None:
        other = world.connect(world.hotel, provider="blind")
        world.push(booked(notes="blind"), to=other)
        apply(world, booked(notes="scripted"))
        assert world.known().details.notes == "scripted"
        assert world.changes() == ["created", "created"]


class TestDeletionOfABooking:
    def test_that_we_never_knew_leaves_nothing(self, world: World) -> None:
        bare = BookingSnapshot(external_id="B1", version=version(2), deleted=True)
        assert outcomes(apply(world, bare)) == [UNCHANGED]
        assert (world.booking(), world.events()) == (None, [])

    def test_that_we_know_is_told_and_frees_the_room(self, world: World) -> None:
        bare = BookingSnapshot(external_id="B1", version=version(2), deleted=True)
        assert outcomes(apply(world, booked(), bare)) == [APPLIED, APPLIED]
        assert world.known().details.deleted_at_source == world.clock.now()
        assert not world.known().details.holds_inventory


class TestDisappearances:
    def gone(self, world: World, *ids: str, **how: object) -> int:
        context = world.context(channel=Channel.RECONCILED, **how)  # type: ignore[arg-type]
        return world.write(lambda uow: apply_deletions(uow, ids, context, world.ids))

    def test_free_the_room_and_are_told_once(self, world: World) -> None:
        apply(world, booked())
        assert self.gone(world, "B1", "unknown") == 1
        assert self.gone(world, "B1") == 0
        held = world.known().details
        assert held.deleted_at_source == world.clock.now()
        assert not held.holds_inventory
        assert world.changes() == ["created", "updated"]

    def test_lose_against_what_was_heard_since_the_question(self, world: World) -> None:
        asked_at = world.clock.now()
        world.clock.advance(timedelta(seconds=1))
        apply(world, booked())
        assert self.gone(world, "B1", observed_at=asked_at) == 0
        assert world.known().details.deleted_at_source is None

    def test_end_when_the_provider_speaks_of_it_again(self, world: World) -> None:
        apply(world, booked())
        self.gone(world, "B1")
        apply(world, booked(number=2))
        held = world.known().details
        assert (held.deleted_at_source, held.holds_inventory) == (None, True)


class TestCounts:
    def test_add_up_to_what_was_seen(self, world: World) -> None:
        apply(world, booked("B2", number=5))
        results = apply(
            world,
            booked("B1"),
            booked("B1", number=2, notes="x"),
            booked("B2", number=5),
            booked("B2", number=4),
            BAD,
        )
        assert count_outcomes(results) == SyncCounts(
            seen=5, created=1, updated=1, unchanged=1, stale=1, quarantined=1
        )


class TestVersionFromTheFuture:
    def test_freezes_no_booking_where_it_was_pushed(self, world: World) -> None:
        ahead = SourceVersion(world.clock.now() + timedelta(days=2))
        results = apply(world, booked(), replace(booked(notes="ahead"), version=ahead))
        assert outcomes(results) == [APPLIED, QUARANTINED]
        assert results[1].reason is not None
        assert results[1].reason.code == "version_in_future"
        assert outcomes(apply(world, booked(number=2, notes="next"))) == [APPLIED]

    def test_is_taken_from_the_api(self, world: World) -> None:
        ahead = replace(booked(), version=SourceVersion(world.clock.now() + timedelta(days=2)))
        assert outcomes(apply(world, ahead, channel=Channel.PULLED)) == [APPLIED]


class TestRedeliveryAfterAReconcile:
    def test_is_undecided_and_reverts_nothing(self, world: World) -> None:
        outdated = booked(number=9, notes="before the clock went back")
        apply(world, outdated)
        world.clock.advance(timedelta(minutes=1))
        apply(world, booked(number=5, notes="now"), channel=Channel.RECONCILED)
        world.clock.advance(timedelta(minutes=1))
        [again] = apply(world, outdated, can_fetch=True)
        assert again.outcome is None
        assert world.known().details.notes == "now"
        [newer] = apply(world, booked(number=10, notes="newer"), can_fetch=True)
        assert newer.outcome is APPLIED
