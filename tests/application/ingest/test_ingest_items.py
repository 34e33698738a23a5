"""A partner pushes: answered item by item, only after everything is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.outbound.providers.canonical.provider import CanonicalProvider
from application.errors import Forbidden, HotelNotFound, NotConnected
from application.ingest.ingest_items import MAX_ITEMS, Push
from domain.access import Scope
from domain.messages import InboxState, ItemKind, ItemOutcome
from ports.errors import (
    ProviderUnavailable,
    StoreUnavailable,
    TooManyItems,
    UnknownProvider,
    UnreadableMessage,
)
from tests.application.use_case_harness import Fate, Killed, World, booked, cell, guest
from tests.builders import JUNE

QUARANTINED = ItemOutcome.QUARANTINED


class TestPush:
    def test_is_answered_item_by_item_in_order(self, world: World) -> None:
        world.push(booked("B2", number=5))
        result = world.push(booked("B1"), b"?", booked("B2", number=4), booked("B2", number=5))
        assert [item.outcome for item in result.items] == [
            ItemOutcome.APPLIED,
            QUARANTINED,
            ItemOutcome.STALE,
            ItemOutcome.UNCHANGED,
        ]
        assert [item.external_id for item in result.items] == ["B1", None, "B2", "B2"]
        assert not result.all_understood

    def test_leaves_an_inbox_row_per_item_with_its_outcome(self, world: World) -> None:
        result = world.push(booked(), b"?")
        rows = [world.row(item.inbox_id) for item in result.items]
        assert [row.state for row in rows] == [InboxState.DONE, InboxState.QUARANTINED]
        assert {row.batch_id for row in rows} == {result.batch_id}
        assert [row.position for row in rows] == [0, 1]
        assert world.queue.jobs == []

    def test_is_heard_by_the_gap_guard(self, world: World) -> None:
        world.push(booked())
        assert world.stored().last_inbound_at == world.clock.now()

    def test_of_the_same_payload_fifty_times_is_one_change_and_one_event(
        self, world: World
    ) -> None:
        line = world.provider.line(booked())
        for _ in range(50):
            world.push(line)
        assert world.known().revision == 1
        assert world.changes() == ["created"]

    def test_of_the_same_bad_payload_a_thousand_times_is_one_quarantined_item_and_one_event(
        self, world: World
    ) -> None:
        for _ in range(100):
            result = world.push(*[b"?"] * 10)
            assert {item.outcome for item in result.items} == {QUARANTINED}
        assert len(world.quarantined()) == 1
        [event] = world.events()
        assert event["type"] == "pms.item.quarantined"
        assert event["data"]["inboxId"] == str(world.quarantined()[0].id)

    def test_keeps_bad_payloads_of_two_hotels_apart(self, world: World) -> None:
        other = world.connect(world.add_hotel())
        world.push(b"?")
        world.push(b"?", to=other)
        assert {row.hotel_id for row in world.quarantined()} == {world.hotel.id, other.hotel_id}
        assert len(world.events()) == 2

    def test_of_nothing_is_nothing(self, world: World) -> None:
        canon = world.connect(world.hotel, provider="canonical")
        use = replace(world.ingest, providers=_Canonical())
        push = Push(provider="canonical", kind=ItemKind.BOOKING, body=b"[]", correlation_id="c")
        assert use(world.caller(canon), push).items == []
        assert use(world.caller(canon), replace(push, deferred=True)).items == []
        assert world.inbox() == []

    def test_of_canonical_json_is_held_exactly(self, world: World) -> None:
        canon = world.connect(world.hotel, provider="canonical")
        body = b"""{"external_id": "C1", "source_version": {"updated_at": "2026-02-01T00:00:00Z"},
            "status": "CONFIRMED", "stay": {"arrival": "2026-06-10", "departure": "2026-06-12"},
            "total": {"amount": 10.10, "currency": "EUR"}}"""
        push = Push(provider="canonical", kind=ItemKind.BOOKING, body=body, correlation_id="c")
        replace(world.ingest, providers=_Canonical())(world.caller(canon), push)
        held = world.booking("C1", of=canon)
        assert held is not None
        assert held.details.total is not None
        assert held.details.total.minor == 1010
        assert held.details.stay == JUNE

    def test_masks_card_numbers_before_anything_is_kept(self, world: World) -> None:
        world.push(b"card 4111111111111111")
        assert b"4111111111111111" not in world.inbox()[0].body


class TestRefusedPush:
    def refused(self, world: World, error: type[Exception], **over: object) -> None:
        principal = over.pop("principal", world.caller())
        push = Push(provider="scripted", kind=ItemKind.BOOKING, body=b"?", correlation_id="c")
        with pytest.raises(error):
            world.ingest(principal, replace(push, **over))  # type: ignore[arg-type]
        assert world.inbox() == []
        assert world.events() == []

    def test_names_an_unknown_provider(self, world: World) -> None:
        self.refused(world, UnknownProvider, provider="nobody")

    def test_is_for_another_provider_than_the_credential(self, world: World) -> None:
        self.refused(world, Forbidden, provider="blind")

    def test_lacks_the_scope(self, world: World) -> None:
        reader = replace(world.caller(), scopes=frozenset({Scope.READ, Scope.SYNC}))
        self.refused(world, Forbidden, principal=reader)

    def test_comes_for_a_hotel_without_connection(self, world: World) -> None:
        lonely = replace(world.caller(), hotel_id=world.add_hotel().id)
        self.refused(world, NotConnected, principal=lonely)

    def test_comes_for_a_hotel_that_is_gone(self, world: World) -> None:
        self.refused(
            world, HotelNotFound, principal=replace(world.caller(), hotel_id=world.ids.new())
        )

    def test_is_no_message(self, world: World) -> None:
        self.refused(world, UnreadableMessage, body=b"a\n\nb")

    def test_has_more_items_than_one_request_may(self, world: World) -> None:
        self.refused(world, TooManyItems, body=b"\n".join([b"x"] * (MAX_ITEMS + 1)))

    def test_meets_a_store_that_can_not_commit(self, world: World) -> None:
        world.store.fail_next_commit(StoreUnavailable())
        self.refused(world, StoreUnavailable)


class TestPushToBeAppliedLater:
    def test_is_kept_and_enqueued(self, world: World) -> None:
        result = world.push(booked(), b"?", deferred=True)
        assert [item.outcome for item in result.items] == [None, None]
        assert world.booking() is None
        [job] = world.queue.jobs
        assert (job.hotel_id, job.subject_id) == (world.hotel.id, result.batch_id)

    def test_ends_as_if_it_had_been_applied_at_once(self, world: World) -> None:
        result = world.push(booked("B1"), b"?", booked("B1", number=2, notes="x"), deferred=True)
        world.work_off()
        assert [world.row(i.inbox_id).outcome for i in result.items] == [
            ItemOutcome.APPLIED,
            QUARANTINED,
            ItemOutcome.APPLIED,
        ]
        assert world.known().details.notes == "x"
        assert world.changes() == ["created", "updated"]
        assert len(world.quarantined()) == 1

    def test_loses_nothing_while_the_queue_is_down(self, world: World) -> None:
        world.queue.is_up = False
        world.push(booked(), deferred=True)
        world.queue.is_up = True
        world.tick()
        assert world.queue.jobs == []
        world.clock.advance(timedelta(seconds=31))
        world.tick()
        world.work_off()
        assert world.booking()

    def test_is_worked_off_once_however_many_ticks_find_it(self, world: World) -> None:
        world.push(booked(), deferred=True)
        world.clock.advance(timedelta(minutes=1))
        world.tick()
        world.tick()
        assert len(world.queue.jobs) == 1
        world.work_off()
        world.clock.advance(timedelta(hours=1))
        world.tick()
        assert [j for j in world.queue.jobs if j.name == "inbox"] == []

    def test_of_the_same_bad_payload_is_quarantined_once(self, world: World) -> None:
        for _ in range(20):
            world.push(b"?", b"?", deferred=True)
        world.work_off()
        assert len(world.quarantined()) == 1
        assert len(world.events("pms.item.quarantined")) == 1
        assert {row.outcome for row in world.inbox()} == {QUARANTINED}


class TestVersionConflict:
    """Two pushes have the same version and other content."""

    def test_is_undecided_until_the_provider_was_asked(self, world: World) -> None:
        world.push(booked(notes="one"))
        result = world.push(booked(notes="other"))
        assert result.items[0].outcome is None
        assert world.row(result.items[0].inbox_id).state is InboxState.RECEIVED
        world.provider.holds(booked(notes="other"))
        world.work_off()
        row = world.row(result.items[0].inbox_id)
        assert (row.state, row.outcome) == (InboxState.DONE, ItemOutcome.APPLIED)
        assert world.known().details.notes == "other"
        assert world.changes() == ["created", "updated"]

    def test_keeps_our_copy_if_the_provider_confirms_it(self, world: World) -> None:
        world.push(booked(notes="one"))
        world.push(booked(notes="other"))
        world.provider.holds(booked(notes="one"))
        world.work_off()
        assert world.known().details.notes == "one"
        assert world.changes() == ["created"]
        assert world.quarantined() == []

    @pytest.mark.parametrize(
        ("kind", "one", "other"),
        [
            (ItemKind.GUEST, guest(first_name="one"), guest(first_name="other")),
            (ItemKind.AVAILABILITY, cell(available=1), cell(available=2)),
        ],
    )
    def test_of_any_kind_is_decided_by_the_provider(
        self, world: World, kind: ItemKind, one: object, other: object
    ) -> None:
        world.push(one, kind=kind)  # type: ignore[arg-type]
        result = world.push(other, kind=kind)  # type: ignore[arg-type]
        world.provider.holds(other)  # type: ignore[arg-type]
        world.work_off()
        row = world.row(result.items[0].inbox_id)
        assert (row.state, row.outcome) == (InboxState.DONE, ItemOutcome.APPLIED)

    def test_is_quarantined_if_the_provider_can_not_be_asked(self, world: World) -> None:
        blind = world.connect(world.hotel, provider="blind")
        world.push(booked(notes="one"), to=blind)
        result = world.push(booked(notes="other"), to=blind)
        assert result.items[0].reason is not None
        assert result.items[0].reason.code == "version_tie"
        assert result.items[0].outcome is QUARANTINED
        assert [row.reason for row in world.quarantined()] == [result.items[0].reason]
        assert world.queue.jobs == []

    def test_in_a_deferred_push_is_decided_in_the_same_job(self, world: World) -> None:
        world.push(booked(notes="one"))
        world.provider.holds(booked(notes="other"))
        result = world.push(booked(notes="other"), booked("B2"), deferred=True)
        world.work_off()
        assert world.known().details.notes == "other"
        assert {world.row(i.inbox_id).state for i in result.items} == {InboxState.DONE}

    def test_waits_for_a_provider_that_is_down_with_one_attempt_per_try(self, world: World) -> None:
        world.push(booked(notes="one"))
        result = world.push(booked(notes="other"))
        world.provider.refusal = ProviderUnavailable()
        world.work_off()
        row = world.row(result.items[0].inbox_id)
        assert (row.state, row.attempts) == (InboxState.RECEIVED, 1)

    def test_of_which_the_provider_knows_nothing_is_done(self, world: World) -> None:
        world.push(booked(notes="one"))
        result = world.push(booked(notes="other"))
        world.work_off()
        assert world.row(result.items[0].inbox_id).state is InboxState.DONE


class TestAcknowledgement:
    """Rule 4: a kill at any instant means an error for the sender, or the row is there."""

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("deferred", [False, True])
    def test_is_given_only_for_what_is_kept(
        self, world: World, deferred: bool, after: bool
    ) -> None:
        world.fate = Fate(at=0, after=after)
        with pytest.raises(Killed):
            world.push(booked(), deferred=deferred)
        assert bool(world.inbox()) == after
        world.revive()
        world.tick()
        world.work_off()
        assert (world.booking() is not None) == after
        assert world.changes() == (["created"] if after else [])
        world.push(booked())
        assert world.changes() == ["created"]


class _Canonical:
    def get(self, name: str) -> CanonicalProvider:
        return CanonicalProvider()
