"""Stored items are carried out, whatever the provider, the store and other workers do."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.memory.providers import (
    ScriptedProvider,
    ScriptedProviderClient,
    ScriptedProviders,
)
from application.connections.resume_connection import ResumeConnection
from application.inbox.inbox_outcomes import MAX_ATTEMPTS
from domain.breaker import Breaker, BreakerState
from domain.connection import ConnectionState
from domain.messages import InboxState, ItemKind, ItemOutcome
from domain.values import Reason, SourceVersion
from ports.errors import (
    CredentialsRefused,
    Misconfigured,
    PortError,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    StoreUnavailable,
    TooHeavy,
    UnknownProvider,
    UnreadableAnswer,
)
from ports.providers import Account, ReadItem, Ref, RefKind
from tests.application.use_case_harness import Fate, Killed, World, booked

B1, B2 = Ref(RefKind.BOOKING, "B1"), Ref(RefKind.BOOKING, "B2")


class Unopenable(ScriptedProvider):
    def open(self, account: Account) -> ScriptedProviderClient:
        raise Misconfigured


class TestProviderOutage:
    @pytest.mark.parametrize("error", [ProviderUnavailable(), RateLimited(), TooHeavy()])
    def test_leaves_the_item_waiting(self, world: World, error: PortError) -> None:
        world.provider.refusal = error
        batch = world.notify(B1)
        with pytest.raises(type(error)):
            world.process(world.hotel.id, batch)
        row = world.row(batch)
        assert (row.state, row.outcome, row.attempts) == (InboxState.RECEIVED, None, 1)
        assert world.events() == []

    def test_is_waited_out_with_growing_pauses_and_given_up(self, world: World) -> None:
        world.provider.refusal = ProviderUnavailable()
        batch = world.notify(B1)
        world.work_off()
        pauses = [timedelta()]
        while world.row(batch).state is InboxState.RECEIVED:
            world.clock.advance(timedelta(seconds=15))
            pauses[-1] += timedelta(seconds=15)
            world.tick()
            if world.queue.jobs:
                world.work_off()
                pauses.append(timedelta())
        assert world.row(batch).attempts == MAX_ATTEMPTS
        assert len(pauses) == MAX_ATTEMPTS
        assert pauses[1:-1] == [timedelta(seconds=30 * 2**n) for n in range(1, MAX_ATTEMPTS - 1)]
        assert [row.id for row in world.quarantined()] == [batch]
        [event] = world.events()
        assert event["type"] == "pms.item.quarantined"
        assert event["data"]["reason"]["code"] == "provider_unavailable"
        assert world.row(batch).outcome is ItemOutcome.QUARANTINED

    def test_ends_and_the_item_is_applied(self, world: World) -> None:
        world.provider.refusal = ProviderUnavailable()
        world.provider.holds(booked())
        batch = world.notify(B1)
        world.work_off()
        world.provider.refusal = None
        world.revive()
        world.tick()
        world.work_off()
        assert world.booking()
        assert world.row(batch).state is InboxState.DONE


class TestProviderThatRefuses:
    @pytest.mark.parametrize("error", [ProviderRejected(), UnreadableAnswer(), Misconfigured()])
    def test_sends_the_item_into_quarantine_and_it_is_told(
        self, world: World, error: PortError
    ) -> None:
        world.provider.refusal = error
        batch = world.notify(B1)
        world.process(world.hotel.id, batch)
        assert [row.id for row in world.quarantined()] == [batch]
        [event] = world.events()
        assert event["data"]["reason"]["code"] == error.code

    def test_the_credentials_stops_the_connection(self, world: World) -> None:
        world.provider.refusal = CredentialsRefused()
        world.process(world.hotel.id, world.notify(B1))
        stopped = world.stored()
        assert stopped.state is ConnectionState.STOPPED
        assert stopped.last_error_code == "provider_credentials_refused"
        assert {row.state for row in world.inbox()} == {InboxState.RECEIVED}
        assert world.events() == []

    def test_to_be_opened_does_not_leave_the_item_for_ever(self, world: World) -> None:
        world.providers = ScriptedProviders(Unopenable(world.clock))
        batch = world.notify(B1)
        world.process(world.hotel.id, batch)
        assert world.row(batch).state is InboxState.QUARANTINED


class TestUninstalledProvider:
    def uninstall(self, world: World) -> ScriptedProviders:
        installed, world.providers = world.providers, ScriptedProviders()
        return installed

    def test_quarantines_its_rows_after_the_last_attempt(self, world: World) -> None:
        batch = world.push(booked(), booked("B2"), deferred=True).batch_id
        self.uninstall(world)
        rounds = 0
        while any(row.state is InboxState.RECEIVED for row in world.inbox()):
            rounds += 1
            assert rounds <= 2 * MAX_ATTEMPTS
            with pytest.raises(UnknownProvider):
                world.process(world.hotel.id, batch)
        assert [row.attempts for row in world.quarantined()] == [MAX_ATTEMPTS] * 2
        assert {row.reason.code for row in world.quarantined() if row.reason} == {
            "unknown_provider"
        }
        assert len(world.events("pms.item.quarantined")) == 2
        assert world.stored().breaker == Breaker()

    def test_can_replay_them_once_it_is_installed(self, world: World) -> None:
        batch = world.push(booked(), deferred=True).batch_id
        installed = self.uninstall(world)
        for _ in range(MAX_ATTEMPTS):
            with pytest.raises(UnknownProvider):
                world.process(world.hotel.id, batch)
        [row] = world.quarantined()
        with pytest.raises(UnknownProvider):
            world.replay(world.hotel.id, row.id)
        assert world.quarantined()[0].reason == row.reason
        world.providers = installed
        assert world.replay(world.hotel.id, row.id).outcome is ItemOutcome.APPLIED


class TestFetchedPage:
    def test_quarantines_what_can_not_be_understood_beside_the_notification(
        self, world: World
    ) -> None:
        bad = ReadItem(
            kind=ItemKind.BOOKING,
            raw=b"bad",
            external_id="B2",
            reason=Reason("bad", "state", "no such state"),
        )
        world.provider.answers.append(world.page(booked(), bad))
        batch = world.notify(B1, B2)
        world.work_off()
        assert world.row(batch).state is InboxState.DONE
        [kept] = world.quarantined()
        assert (kept.external_id, kept.body) == ("B2", b"bad")
        assert world.booking()
        world.notify(B1, B2)
        world.work_off()
        assert len(world.quarantined()) == 1
        assert len(world.events("pms.item.quarantined")) == 1

    def test_of_a_tie_that_is_bad_leaves_one_quarantined_item(self, world: World) -> None:
        world.push(booked(notes="one"))
        has_conflict = world.push(booked(notes="other")).items[0].inbox_id
        bad = ReadItem(
            kind=ItemKind.BOOKING, raw=b"bad", external_id="B1", reason=Reason("bad", None, "bad")
        )
        world.provider.answers.append(world.page(bad))
        world.work_off()
        assert world.row(has_conflict).state is InboxState.DONE
        assert [row.body for row in world.quarantined()] == [b"bad"]
        assert len(world.events("pms.item.quarantined")) == 1


class TestTwoWorkersAtOnce:
    """The second one starts while the first waits for the provider, or just before it commits."""

    def test_apply_and_tell_once(self, world: World) -> None:
        world.provider.holds(booked())
        batch = world.notify(B1)
        world.while_asked(lambda: world.process(world.hotel.id, batch))
        assert world.process(world.hotel.id, batch) == []
        assert world.changes() == ["created"]
        assert world.row(batch).attempts == 2

    def test_quarantine_and_tell_once(self, world: World) -> None:
        world.push(booked(notes="one"))
        batch = world.push(b"?", booked(notes="other"), deferred=True).batch_id
        world.interruptions = {2: lambda: world.process(world.hotel.id, batch)}
        world.process(world.hotel.id, batch)
        assert len(world.quarantined()) == 1
        assert len(world.events("pms.item.quarantined")) == 1

    def test_do_not_undo_each_other_when_the_later_answer_is_a_failure(self, world: World) -> None:
        world.provider.holds(booked())
        batch = world.notify(B1)

        def other_worker_then_outage() -> None:
            world.process(world.hotel.id, batch)
            world.provider.refusal = ProviderUnavailable()

        world.while_asked(other_worker_then_outage)
        with pytest.raises(ProviderUnavailable):
            world.process(world.hotel.id, batch)
        assert world.row(batch).state is InboxState.DONE


class TestKill:
    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("at", range(4))
    def test_at_any_commit_loses_and_doubles_nothing(
        self, world: World, at: int, after: bool
    ) -> None:
        world.push(booked("B2", notes="one"))
        world.provider.holds(booked(), booked("B2", notes="other"))
        batches = [
            world.notify(B1, new_secrets={"token": "fresh"}),
            world.push(b"?", booked("B2", notes="other"), booked("B3"), deferred=True).batch_id,
        ]
        for batch in batches:
            world.fate = Fate(at, after=after)
            with suppress(Killed):
                world.process(world.hotel.id, batch)
            world.revive()
        world.tick()
        world.work_off()
        states = [r.state for r in world.inbox() if r.state is not InboxState.QUARANTINED]
        assert set(states) == {InboxState.DONE}
        assert (world.changes("B1"), world.changes("B3")) == (["created"], ["created"])
        assert world.changes("B2") == ["created", "updated"]
        assert len(world.quarantined()) == 1
        assert len(world.events("pms.item.quarantined")) == 1

    def test_of_the_store_between_fetch_and_commit_keeps_the_item(self, world: World) -> None:
        world.provider.holds(booked())
        batch = world.notify(B1)
        world.while_asked(lambda: world.store.fail_next_commit(StoreUnavailable()))
        with pytest.raises(StoreUnavailable):
            world.process(world.hotel.id, batch)
        assert world.row(batch).state is InboxState.RECEIVED
        assert world.process(world.hotel.id, batch)
        assert world.booking()


class Poisoned(ScriptedProvider):
    """A plug-in with a fault: no error of ours ends the reading of that one line."""

    def read_items(self, kind: ItemKind, bodies: Sequence[bytes], *args: Any, **how: Any) -> Any:
        if bodies[0] == b"poison" and how["limit"]:
            raise ZeroDivisionError
        return super().read_items(kind, bodies, *args, **how)


class TestItemThatEndsItsWorker:
    def test_is_given_up_and_keeps_nobody_waiting(self, world: World) -> None:
        batch = world.push(b"poison", booked("B2"), deferred=True).batch_id
        poisoned = Poisoned(world.clock)
        poisoned._lines = world.provider._lines
        world.providers = ScriptedProviders(poisoned)
        for number in range(MAX_ATTEMPTS):
            with pytest.raises(ZeroDivisionError):
                world.process(world.hotel.id, batch)
            assert (world.booking("B2") is not None) == (number > 1)
        world.process(world.hotel.id, batch)
        [given_up] = world.quarantined()
        assert given_up.body == b"poison"
        assert given_up.reason is not None
        assert given_up.reason.code == "gave_up"
        assert len(world.events("pms.item.quarantined")) == 1


class TestRestingConnection:
    @pytest.mark.parametrize("state", [ConnectionState.PAUSED, ConnectionState.STOPPED])
    def test_is_not_asked_until_it_is_resumed(self, world: World, state: ConnectionState) -> None:
        world.provider.holds(booked())
        world.edit(state=state)
        batch = world.notify(B1)
        world.work_off()
        for _ in range(20):
            world.clock.advance(timedelta(hours=3))
            world.tick()
            world.work_off()
        row = world.row(batch)
        assert (row.state, row.attempts) == (InboxState.RECEIVED, 1)
        assert world.provider.accounts == []
        ResumeConnection(world.unit_of_work, world.clock)(world.connection.id)
        world.tick()
        world.work_off()
        assert world.row(batch).state is InboxState.DONE
        assert world.booking()

    def test_is_not_asked_while_its_breaker_is_open(self, world: World) -> None:
        world.provider.refusal = ProviderUnavailable()
        for _ in range(5):
            world.notify(B1)
        world.work_off()
        assert len(world.provider.accounts) == 3
        assert world.stored().breaker.state(world.clock.now()) is BreakerState.OPEN
        assert world.stored().last_error_code == "provider_unavailable"

    def test_is_asked_again_after_the_pause_and_its_breaker_closes(self, world: World) -> None:
        world.provider.holds(booked())
        world.edit(breaker=Breaker(failures=4, retry_at=world.clock.now() + timedelta(minutes=1)))
        world.notify(B1)
        world.work_off()
        assert world.booking() is None
        world.revive()
        world.tick()
        world.work_off()
        assert world.booking()
        assert world.stored().breaker == Breaker()

    def test_whose_credentials_are_refused_keeps_its_items_waiting(self, world: World) -> None:
        world.provider.refusal = CredentialsRefused()
        for _ in range(3):
            world.notify(B1)
        world.work_off()
        assert len(world.provider.accounts) == 1
        assert {row.state for row in world.inbox()} == {InboxState.RECEIVED}

    def test_shows_a_tie_that_waits(self, world: World) -> None:
        world.push(booked(notes="one"))
        world.edit(state=ConnectionState.PAUSED)
        has_conflict = world.push(booked(notes="other"), deferred=True).items[0].inbox_id
        world.work_off()
        row = world.row(has_conflict)
        assert (row.state, row.outcome) == (InboxState.RECEIVED, None)
        assert row.reason is not None
        assert row.reason.code == "version_tie"


class TestQuarantinedItem:
    def test_is_done_once_the_provider_said_something_newer_of_it(self, world: World) -> None:
        ahead = replace(booked(), version=SourceVersion(world.clock.now() + timedelta(days=2)))
        world.push(ahead)
        assert len(world.quarantined()) == 1
        world.clock.advance(timedelta(minutes=1))
        world.provider.holds(booked())
        world.notify(B1)
        world.work_off()
        assert world.booking()
        assert world.quarantined() == []
        assert {row.outcome for row in world.inbox()} == {ItemOutcome.STALE, ItemOutcome.APPLIED}


class TestNothing:
    def test_is_done_for_an_unknown_batch_or_another_hotels(self, world: World) -> None:
        batch = world.notify(B1)
        assert world.process(world.hotel.id, UUID(int=1)) == []
        assert world.process(world.add_hotel().id, batch) == []
        assert world.row(batch).state is InboxState.RECEIVED


class TestDeletionTold:
    """A vendor's `deleted` notification names a booking that its API has no more."""

    def test_by_a_notification_marks_the_booking_gone(self, world: World) -> None:
        world.provider.holds(booked())
        world.notify(B1)
        world.work_off()
        world.provider.held.clear()
        world.notify(B1)
        world.work_off()
        gone = world.known().details
        assert gone.deleted_at_source is not None
        assert not gone.holds_inventory
        assert world.changes() == ["created", "updated"]

    def test_of_a_booking_that_was_never_known_is_nothing(self, world: World) -> None:
        batch = world.notify(B1)
        world.work_off()
        assert world.booking() is None
        assert world.row(batch).state is InboxState.DONE
        assert world.events() == []
