"""Pushes: answered item by item, after the commit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.outbound.providers.canonical.provider import CanonicalProvider
from application.errors import Forbidden, HotelNotFound, NotConnected
from application.ingest.ingest_items import Push
from application.ingest.stored_items import MAX_ITEMS
from domain.access import Scope
from domain.messages import InboxState, ItemKind, ItemOutcome
from ports.errors import (
    ProviderUnavailable,
    StoreUnavailable,
    TooManyItems,
    UnknownProvider,
    UnreadableMessage,
)
from tests.application.use_case_harness import App, booked, cell, guest
from tests.builders import JUNE

QUARANTINED = ItemOutcome.QUARANTINED


class TestPush:
    def test_is_answered_item_by_item_in_order(self, app: App) -> None:
        app.push(booked("B2", number=5))
        result = app.push(booked("B1"), b"?", booked("B2", number=4), booked("B2", number=5))
        assert [item.outcome for item in result.items] == [
            ItemOutcome.APPLIED,
            QUARANTINED,
            ItemOutcome.STALE,
            ItemOutcome.UNCHANGED,
        ]
        assert [item.external_id for item in result.items] == ["B1", None, "B2", "B2"]
        assert not result.all_understood

    def test_leaves_an_inbox_row_per_item_with_its_outcome(self, app: App) -> None:
        result = app.push(booked(), b"?")
        rows = [app.row(item.inbox_id) for item in result.items]
        assert [row.state for row in rows] == [InboxState.DONE, InboxState.QUARANTINED]
        assert {row.batch_id for row in rows} == {result.batch_id}
        assert [row.position for row in rows] == [0, 1]
        assert app.queue.jobs == []

    def test_counts_as_inbound_traffic(self, app: App) -> None:
        app.push(booked())
        assert app.stored().last_inbound_at == app.clock.now()

    def test_of_the_same_payload_fifty_times_is_one_change_and_one_event(self, app: App) -> None:
        line = app.provider.line(booked())
        for _ in range(50):
            app.push(line)
        assert app.known().revision == 1
        assert app.changes() == ["created"]

    def test_of_an_invalid_payload_a_thousand_times_is_quarantined_and_reported_once(
        self, app: App
    ) -> None:
        for _ in range(100):
            result = app.push(*[b"?"] * 10)
            assert {item.outcome for item in result.items} == {QUARANTINED}
        assert len(app.quarantined()) == 1
        [event] = app.events()
        assert event["type"] == "pms.item.quarantined"
        assert event["data"]["inboxId"] == str(app.quarantined()[0].id)

    def test_quarantines_equal_payloads_of_two_hotels_separately(self, app: App) -> None:
        other = app.connect(app.add_hotel())
        app.push(b"?")
        app.push(b"?", to=other)
        assert {row.hotel_id for row in app.quarantined()} == {app.hotel.id, other.hotel_id}
        assert len(app.events()) == 2

    def test_without_items_does_nothing(self, app: App) -> None:
        canon = app.connect(app.hotel, provider="canonical")
        use = replace(app.ingest, providers=_Canonical())
        push = Push(provider="canonical", kind=ItemKind.BOOKING, body=b"[]", correlation_id="c")
        assert use(app.caller(canon), push).items == []
        assert use(app.caller(canon), replace(push, deferred=True)).items == []
        assert app.inbox() == []

    def test_of_canonical_json_is_stored_exactly(self, app: App) -> None:
        canon = app.connect(app.hotel, provider="canonical")
        body = b"""{"external_id": "C1", "source_version": {"updated_at": "2026-02-01T00:00:00Z"},
            "status": "CONFIRMED", "stay": {"arrival": "2026-06-10", "departure": "2026-06-12"},
            "total": {"amount": 10.10, "currency": "EUR"}}"""
        push = Push(provider="canonical", kind=ItemKind.BOOKING, body=body, correlation_id="c")
        replace(app.ingest, providers=_Canonical())(app.caller(canon), push)
        held = app.booking("C1", of=canon)
        assert held is not None
        assert held.details.total is not None
        assert held.details.total.minor == 1010
        assert held.details.stay == JUNE

    def test_masks_card_numbers_before_storing(self, app: App) -> None:
        app.push(b"card 4111111111111111")
        assert b"4111111111111111" not in app.inbox()[0].body


class TestRefusedPush:
    def refused(self, app: App, error: type[Exception], **over: object) -> None:
        principal = over.pop("principal", app.caller())
        push = Push(provider="scripted", kind=ItemKind.BOOKING, body=b"?", correlation_id="c")
        with pytest.raises(error):
            app.ingest(principal, replace(push, **over))  # type: ignore[arg-type]
        assert app.inbox() == []
        assert app.events() == []

    def test_names_an_unknown_provider(self, app: App) -> None:
        self.refused(app, UnknownProvider, provider="nobody")

    def test_is_for_another_provider_than_the_token(self, app: App) -> None:
        self.refused(app, Forbidden, provider="push_only")

    def test_lacks_the_scope(self, app: App) -> None:
        reader = replace(app.caller(), scopes=frozenset({Scope.READ, Scope.SYNC}))
        self.refused(app, Forbidden, principal=reader)

    def test_is_for_a_hotel_without_connection(self, app: App) -> None:
        lonely = replace(app.caller(), hotel_id=app.add_hotel().id)
        self.refused(app, NotConnected, principal=lonely)

    def test_is_for_a_deleted_hotel(self, app: App) -> None:
        self.refused(app, HotelNotFound, principal=replace(app.caller(), hotel_id=app.ids.new()))

    def test_is_unreadable(self, app: App) -> None:
        self.refused(app, UnreadableMessage, body=b"a\n\nb")

    def test_has_more_items_than_one_request_may(self, app: App) -> None:
        self.refused(app, TooManyItems, body=b"\n".join([b"x"] * (MAX_ITEMS + 1)))

    def test_can_not_be_committed(self, app: App) -> None:
        app.store.fail_next_commit(StoreUnavailable())
        self.refused(app, StoreUnavailable)


class TestDeferredPush:
    def test_is_stored_and_enqueued(self, app: App) -> None:
        result = app.push(booked(), b"?", deferred=True)
        assert [item.outcome for item in result.items] == [None, None]
        assert app.booking() is None
        [job] = app.queue.jobs
        assert (job.hotel_id, job.subject_id) == (app.hotel.id, app.connection.id)

    def test_ends_as_if_it_had_been_applied_at_once(self, app: App) -> None:
        result = app.push(booked("B1"), b"?", booked("B1", number=2, notes="x"), deferred=True)
        app.run_jobs()
        assert [app.row(i.inbox_id).outcome for i in result.items] == [
            ItemOutcome.APPLIED,
            QUARANTINED,
            ItemOutcome.APPLIED,
        ]
        assert app.known().details.notes == "x"
        assert app.changes() == ["created", "updated"]
        assert len(app.quarantined()) == 1

    def test_loses_nothing_while_the_queue_is_down(self, app: App) -> None:
        app.queue.is_up = False
        app.push(booked(), deferred=True)
        app.queue.is_up = True
        app.tick()
        assert app.queue.jobs == []
        app.clock.advance(timedelta(seconds=31))
        app.tick()
        app.run_jobs()
        assert app.booking()

    def test_is_processed_once_for_any_number_of_ticks(self, app: App) -> None:
        app.push(booked(), deferred=True)
        app.clock.advance(timedelta(minutes=1))
        app.tick()
        app.tick()
        assert len(app.queue.jobs) == 1
        app.run_jobs()
        app.clock.advance(timedelta(hours=1))
        app.tick()
        assert [j for j in app.queue.jobs if j.name == "inbox"] == []

    def test_of_an_invalid_payload_is_quarantined_once(self, app: App) -> None:
        for _ in range(20):
            app.push(b"?", b"?", deferred=True)
        app.run_jobs()
        assert len(app.quarantined()) == 1
        assert len(app.events("pms.item.quarantined")) == 1
        assert {row.outcome for row in app.inbox()} == {QUARANTINED}


class TestVersionConflict:
    """Two pushes have the same version and other content."""

    def test_is_undecided_until_the_provider_responds(self, app: App) -> None:
        app.push(booked(notes="one"))
        result = app.push(booked(notes="other"))
        assert result.items[0].outcome is None
        assert app.row(result.items[0].inbox_id).state is InboxState.RECEIVED
        app.provider.holds(booked(notes="other"))
        app.run_jobs()
        row = app.row(result.items[0].inbox_id)
        assert (row.state, row.outcome) == (InboxState.DONE, ItemOutcome.APPLIED)
        assert app.known().details.notes == "other"
        assert app.changes() == ["created", "updated"]

    def test_keeps_our_copy_if_the_provider_confirms_it(self, app: App) -> None:
        app.push(booked(notes="one"))
        app.push(booked(notes="other"))
        app.provider.holds(booked(notes="one"))
        app.run_jobs()
        assert app.known().details.notes == "one"
        assert app.changes() == ["created"]
        assert app.quarantined() == []

    @pytest.mark.parametrize(
        ("kind", "one", "other"),
        [
            (ItemKind.GUEST, guest(first_name="one"), guest(first_name="other")),
            (ItemKind.AVAILABILITY, cell(available=1), cell(available=2)),
        ],
    )
    def test_of_any_kind_is_decided_by_the_provider(
        self, app: App, kind: ItemKind, one: object, other: object
    ) -> None:
        app.push(one, kind=kind)  # type: ignore[arg-type]
        result = app.push(other, kind=kind)  # type: ignore[arg-type]
        app.provider.holds(other)  # type: ignore[arg-type]
        app.run_jobs()
        row = app.row(result.items[0].inbox_id)
        assert (row.state, row.outcome) == (InboxState.DONE, ItemOutcome.APPLIED)

    def test_is_quarantined_if_the_provider_has_no_api(self, app: App) -> None:
        push_only = app.connect(app.hotel, provider="push_only")
        app.push(booked(notes="one"), to=push_only)
        result = app.push(booked(notes="other"), to=push_only)
        assert result.items[0].reason is not None
        assert result.items[0].reason.code == "version_tie"
        assert result.items[0].outcome is QUARANTINED
        assert [row.reason for row in app.quarantined()] == [result.items[0].reason]
        assert app.queue.jobs == []

    def test_in_a_deferred_push_is_decided_in_the_same_job(self, app: App) -> None:
        app.push(booked(notes="one"))
        app.provider.holds(booked(notes="other"))
        result = app.push(booked(notes="other"), booked("B2"), deferred=True)
        app.run_jobs()
        assert app.known().details.notes == "other"
        assert {app.row(i.inbox_id).state for i in result.items} == {InboxState.DONE}

    def test_waits_for_an_unavailable_provider(self, app: App) -> None:
        app.push(booked(notes="one"))
        result = app.push(booked(notes="other"))
        app.provider.refusal = ProviderUnavailable()
        app.run_jobs()
        row = app.row(result.items[0].inbox_id)
        assert (row.state, row.attempts) == (InboxState.RECEIVED, 1)

    def test_of_an_entity_unknown_to_the_provider_is_done(self, app: App) -> None:
        app.push(booked(notes="one"))
        result = app.push(booked(notes="other"))
        app.run_jobs()
        assert app.row(result.items[0].inbox_id).state is InboxState.DONE


class TestAcknowledgement:
    """Rule 4: after a kill at any instant the sender got an error, or the row is stored."""

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("deferred", [False, True])
    def test_is_sent_only_after_the_commit(self, app: App, deferred: bool, after: bool) -> None:
        with app.killed(0, after=after):
            app.push(booked(), deferred=deferred)
        assert bool(app.inbox()) == after
        app.restart()
        app.tick()
        app.run_jobs()
        assert (app.booking() is not None) == after
        assert app.changes() == (["created"] if after else [])
        app.push(booked())
        assert app.changes() == ["created"]


class _Canonical:
    def get(self, name: str) -> CanonicalProvider:
        return CanonicalProvider()
