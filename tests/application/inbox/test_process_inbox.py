"""Processing of stored items, with failures of providers, stores and workers."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.memory.providers import (
    FixedProviders,
    ScriptedProvider,
    ScriptedProviderClient,
)
from application.connections.resume_connection import ResumeConnection
from application.inbox.inbox_outcomes import MAX_INBOX_ATTEMPTS
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
    VendorError,
)
from ports.providers import Account, Providers, ReadItem, Ref, RefKind, UnreadableEvent
from tests.application.use_case_harness import (
    App,
    BrokenProviders,
    CrashPlan,
    Killed,
    booked,
    by_provider_error,
)

B1, B2 = Ref(RefKind.BOOKING, "B1"), Ref(RefKind.BOOKING, "B2")


class Unopenable(ScriptedProvider):
    def open(self, account: Account) -> ScriptedProviderClient:
        raise Misconfigured


def refuse_notified_jobs(app: App, error: PortError, *, count: int) -> None:
    """`count` notifications and their jobs while the provider answers with the error."""
    app.provider.refusal = error
    for _ in range(count):
        app.notify(B1)
        app.run_jobs()


class TestProviderOutage:
    @pytest.mark.parametrize("error", [ProviderUnavailable(), RateLimited(), TooHeavy()])
    def test_leaves_the_item_waiting(self, app: App, error: PortError) -> None:
        app.provider.refusal = error
        batch = app.notify(B1)
        with pytest.raises(type(error)):
            app.process(app.hotel.id, batch)
        row = app.row(batch)
        assert (row.state, row.outcome, row.attempts) == (InboxState.RECEIVED, None, 1)
        assert app.events() == []

    def test_is_retried_with_growing_pauses_up_to_a_limit(self, app: App) -> None:
        app.provider.refusal = ProviderUnavailable()
        batch = app.notify(B1)
        app.run_jobs()
        pauses = [timedelta()]
        while app.row(batch).state is InboxState.RECEIVED:
            app.clock.advance(timedelta(seconds=15))
            pauses[-1] += timedelta(seconds=15)
            app.tick()
            if app.queue.jobs:
                app.run_jobs()
                pauses.append(timedelta())
        assert app.row(batch).attempts == MAX_INBOX_ATTEMPTS
        assert len(pauses) == MAX_INBOX_ATTEMPTS
        assert pauses[1:-1] == [
            timedelta(seconds=30 * 2**n) for n in range(1, MAX_INBOX_ATTEMPTS - 1)
        ]
        assert [row.id for row in app.quarantined()] == [batch]
        [event] = app.events()
        assert event["type"] == "pms.item.quarantined"
        assert event["data"]["reason"]["code"] == "provider_unavailable"
        assert app.row(batch).outcome is ItemOutcome.QUARANTINED

    def test_ends_and_the_item_is_applied(self, app: App) -> None:
        app.provider.refusal = ProviderUnavailable()
        app.provider.holds(booked())
        batch = app.notify(B1)
        app.run_jobs()
        app.provider.refusal = None
        app.restart()
        app.tick()
        app.run_jobs()
        assert app.booking()
        assert app.row(batch).state is InboxState.DONE


class TestRefusal:
    def test_is_reduced_in_the_reason_and_kept_sealed_with_the_row(self, app: App) -> None:
        error = ProviderRejected("it is rejected", path="/bookings/B1")
        error.vendor_error = VendorError("HTTP 422, not found", "Ada Aalto has no booking")
        app.provider.refusal = error
        batch = app.notify(B1)
        app.run_jobs()
        row = app.row(batch)
        detail = "/bookings/B1: it is rejected (the provider: HTTP 422, not found)"
        assert row.reason == Reason("provider_rejected", None, detail)
        assert "Ada" not in repr(app.events())
        with app.unit_of_work() as uow:
            kept = uow.vendor_error_texts.get(app.hotel.id, row.id)
        assert kept is not None
        assert kept.text == "Ada Aalto has no booking"


class TestUnreadableEvent:
    BROKEN = UnreadableEvent(b'{"event": 7}', Reason("wrong_type", "event", "event: expected text"))

    def test_is_quarantined_alone_while_the_others_are_fetched(self, app: App) -> None:
        app.provider.holds(booked())
        batch = app.notify(B1, unreadable=(self.BROKEN,))
        app.process(app.hotel.id, batch)
        assert app.booking()
        assert app.row(batch).state is InboxState.DONE
        [row] = app.quarantined()
        assert (row.kind, row.body, row.reason) == (
            ItemKind.NOTIFICATION,
            self.BROKEN.raw,
            self.BROKEN.reason,
        )
        assert [event["type"] for event in app.events()] == [
            "pms.item.quarantined",
            "pms.booking.synced",
        ]

    def test_enters_quarantine_once(self, app: App) -> None:
        app.provider.holds(booked())
        for _ in range(2):
            batch = app.notify(B1, unreadable=(self.BROKEN,))
            app.process(app.hotel.id, batch)
        assert len(app.quarantined()) == 1


class TestProviderError:
    @pytest.mark.parametrize("error", [ProviderRejected(), UnreadableAnswer(), Misconfigured()])
    def test_quarantines_the_item_and_reports_it(self, app: App, error: PortError) -> None:
        app.provider.refusal = error
        batch = app.notify(B1)
        app.process(app.hotel.id, batch)
        assert [row.id for row in app.quarantined()] == [batch]
        [event] = app.events()
        assert event["data"]["reason"]["code"] == error.code

    def test_of_refused_credentials_stops_the_connection(self, app: App) -> None:
        app.provider.refusal = CredentialsRefused()
        app.process(app.hotel.id, app.notify(B1))
        stopped = app.stored()
        assert stopped.state is ConnectionState.STOPPED
        assert stopped.last_error_code == "provider_credentials_refused"
        assert {row.state for row in app.inbox()} == {InboxState.RECEIVED}
        [event] = app.events()
        assert event["type"] == "pms.connection.suspended"
        assert event["data"]["errorCode"] == "provider_credentials_refused"

    def test_of_credentials_replaced_by_a_later_webhook_waits_for_the_new_ones(
        self, app: App
    ) -> None:
        refused = app.notify(B1)
        app.clock.advance(timedelta(seconds=1))
        renewal = app.notify(new_secrets={"token": "fresh"})

        def renew() -> None:
            app.during_each_request(lambda: None)
            app.process(app.hotel.id, renewal)

        app.during_each_request(renew)
        app.provider.refusal = CredentialsRefused()
        app.process(app.hotel.id, refused)
        assert app.stored().state is ConnectionState.ACTIVE
        assert app.row(refused).state is InboxState.RECEIVED
        app.provider.refusal = None
        app.process(app.hotel.id, refused)
        assert app.provider.accounts[-1].secrets["token"] == "fresh"
        assert app.row(refused).state is InboxState.DONE

    def test_of_a_connection_that_is_stopped_already_is_published_once(self, app: App) -> None:
        app.provider.refusal = CredentialsRefused()
        first, second = app.notify(B1), app.notify(B1)
        app.process(app.hotel.id, first)
        app.process(app.hotel.id, second)
        assert len(app.events("pms.connection.suspended")) == 1

    def test_while_opening_the_client_quarantines_the_item(self, app: App) -> None:
        app.providers = FixedProviders(Unopenable(app.clock))
        batch = app.notify(B1)
        app.process(app.hotel.id, batch)
        assert app.row(batch).state is InboxState.QUARANTINED


class TestUninstalledProvider:
    def uninstall(self, app: App) -> Providers:
        installed, app.providers = app.providers, FixedProviders()
        return installed

    @by_provider_error
    def test_quarantines_its_rows_after_the_last_attempt(
        self, app: App, error: type[UnknownProvider], code: str
    ) -> None:
        batch = app.push(booked(), booked("B2"), deferred=True).batch_id
        app.providers = BrokenProviders(FixedProviders(), error)
        rounds = 0
        while any(row.state is InboxState.RECEIVED for row in app.inbox()):
            rounds += 1
            assert rounds <= 2 * MAX_INBOX_ATTEMPTS
            with pytest.raises(UnknownProvider):
                app.process(app.hotel.id, batch)
        assert [row.attempts for row in app.quarantined()] == [MAX_INBOX_ATTEMPTS] * 2
        assert {row.reason.code for row in app.quarantined() if row.reason} == {code}
        assert len(app.events("pms.item.quarantined")) == 2
        assert app.stored().breaker == Breaker()

    def test_can_replay_them_once_it_is_installed(self, app: App) -> None:
        batch = app.push(booked(), deferred=True).batch_id
        installed = self.uninstall(app)
        for _ in range(MAX_INBOX_ATTEMPTS):
            with pytest.raises(UnknownProvider):
                app.process(app.hotel.id, batch)
        [row] = app.quarantined()
        with pytest.raises(UnknownProvider):
            app.replay(app.hotel.id, row.id)
        assert app.quarantined()[0].reason == row.reason
        app.providers = installed
        assert app.replay(app.hotel.id, row.id).outcome is ItemOutcome.APPLIED


class TestFetchedPage:
    def test_quarantines_its_unreadable_items(self, app: App) -> None:
        bad = ReadItem(
            kind=ItemKind.BOOKING,
            raw=b"bad",
            external_id="B2",
            reason=Reason("bad", "state", "no such state"),
        )
        app.provider.answers.append(app.page(booked(), bad))
        batch = app.notify(B1, B2)
        app.run_jobs()
        assert app.row(batch).state is InboxState.DONE
        [kept] = app.quarantined()
        assert (kept.external_id, kept.body) == ("B2", b"bad")
        assert app.booking()
        app.notify(B1, B2)
        app.run_jobs()
        assert len(app.quarantined()) == 1
        assert len(app.events("pms.item.quarantined")) == 1

    def test_of_a_version_conflict_leaves_one_quarantined_item(self, app: App) -> None:
        app.push(booked(notes="one"))
        has_conflict = app.push(booked(notes="other")).items[0].inbox_id
        bad = ReadItem(
            kind=ItemKind.BOOKING, raw=b"bad", external_id="B1", reason=Reason("bad", None, "bad")
        )
        app.provider.answers.append(app.page(bad))
        app.run_jobs()
        assert app.row(has_conflict).state is InboxState.DONE
        assert [row.body for row in app.quarantined()] == [b"bad"]
        assert len(app.events("pms.item.quarantined")) == 1


class TestTwoWorkersAtOnce:
    """The second one starts while the first waits for the provider, or just before it commits."""

    def test_apply_and_publish_once(self, app: App) -> None:
        app.provider.holds(booked())
        batch = app.notify(B1)
        app.during_next_request(lambda: app.process(app.hotel.id, batch))
        assert app.process(app.hotel.id, batch) == []
        assert app.changes() == ["created"]
        assert app.row(batch).attempts == 2

    def test_quarantine_and_report_once(self, app: App) -> None:
        app.push(booked(notes="one"))
        batch = app.push(b"?", booked(notes="other"), deferred=True).batch_id
        app.interruptions = {2: lambda: app.process(app.hotel.id, batch)}
        app.process(app.hotel.id, batch)
        assert len(app.quarantined()) == 1
        assert len(app.events("pms.item.quarantined")) == 1

    def test_do_not_undo_each_other_when_the_later_answer_is_a_failure(self, app: App) -> None:
        app.provider.holds(booked())
        batch = app.notify(B1)

        def other_worker_then_outage() -> None:
            app.process(app.hotel.id, batch)
            app.provider.refusal = ProviderUnavailable()

        app.during_next_request(other_worker_then_outage)
        with pytest.raises(ProviderUnavailable):
            app.process(app.hotel.id, batch)
        assert app.row(batch).state is InboxState.DONE


class TestKill:
    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("at", range(4))
    def test_at_any_commit_loses_and_doubles_nothing(self, app: App, at: int, after: bool) -> None:
        app.push(booked("B2", notes="one"))
        app.provider.holds(booked(), booked("B2", notes="other"))
        batches = [
            app.notify(B1, new_secrets={"token": "fresh"}),
            app.push(b"?", booked("B2", notes="other"), booked("B3"), deferred=True).batch_id,
        ]
        for batch in batches:
            app.crash_plan = CrashPlan(at, after=after)
            with suppress(Killed):
                app.process(app.hotel.id, batch)
            app.restart()
        app.tick()
        app.run_jobs()
        states = [r.state for r in app.inbox() if r.state is not InboxState.QUARANTINED]
        assert set(states) == {InboxState.DONE}
        assert (app.changes("B1"), app.changes("B3")) == (["created"], ["created"])
        assert app.changes("B2") == ["created", "updated"]
        assert len(app.quarantined()) == 1
        assert len(app.events("pms.item.quarantined")) == 1

    def test_of_the_store_between_fetch_and_commit_keeps_the_item(self, app: App) -> None:
        app.provider.holds(booked())
        batch = app.notify(B1)
        app.during_next_request(lambda: app.store.fail_next_commit(StoreUnavailable()))
        with pytest.raises(StoreUnavailable):
            app.process(app.hotel.id, batch)
        assert app.row(batch).state is InboxState.RECEIVED
        assert app.process(app.hotel.id, batch)
        assert app.booking()


class Poisoned(ScriptedProvider):
    """A plug-in with a bug: reading this line raises no error of ours."""

    def read_items(self, kind: ItemKind, bodies: Sequence[bytes], *args: Any, **how: Any) -> Any:
        if bodies[0] == b"poison" and how["limit"]:
            raise ZeroDivisionError
        return super().read_items(kind, bodies, *args, **how)


class TestItemThatKillsItsWorker:
    def test_is_quarantined_and_delays_no_other_item(self, app: App) -> None:
        batch = app.push(b"poison", booked("B2"), deferred=True).batch_id
        poisoned = Poisoned(app.clock)
        poisoned._lines = app.provider._lines
        app.providers = FixedProviders(poisoned)
        for number in range(MAX_INBOX_ATTEMPTS):
            with pytest.raises(ZeroDivisionError):
                app.process(app.hotel.id, batch)
            assert (app.booking("B2") is not None) == (number > 1)
        app.process(app.hotel.id, batch)
        [given_up] = app.quarantined()
        assert given_up.body == b"poison"
        assert given_up.reason is not None
        assert given_up.reason.code == "gave_up"
        assert len(app.events("pms.item.quarantined")) == 1


class TestSuspendedConnection:
    @pytest.mark.parametrize("state", [ConnectionState.PAUSED, ConnectionState.STOPPED])
    def test_gets_no_requests_until_it_is_resumed(self, app: App, state: ConnectionState) -> None:
        app.provider.holds(booked())
        app.edit(state=state)
        batch = app.notify(B1)
        app.run_jobs()
        for _ in range(20):
            app.clock.advance(timedelta(hours=3))
            app.tick()
            app.run_jobs()
        row = app.row(batch)
        assert (row.state, row.attempts) == (InboxState.RECEIVED, 1)
        assert app.provider.accounts == []
        ResumeConnection(app.unit_of_work, app.clock, app.audit)(app.connection.id)
        app.tick()
        app.run_jobs()
        assert app.row(batch).state is InboxState.DONE
        assert app.booking()

    def test_gets_no_requests_while_its_breaker_is_open(self, app: App) -> None:
        refuse_notified_jobs(app, ProviderUnavailable(), count=5)
        assert len(app.provider.accounts) == 3
        assert app.stored().breaker.state(app.clock.now()) is BreakerState.OPEN
        assert app.stored().last_error_code == "provider_unavailable"

    def test_gets_requests_after_the_pause_and_its_breaker_closes(self, app: App) -> None:
        app.provider.holds(booked())
        app.edit(breaker=Breaker(failures=4, retry_at=app.clock.now() + timedelta(minutes=1)))
        app.notify(B1)
        app.run_jobs()
        assert app.booking() is None
        app.restart()
        app.tick()
        app.run_jobs()
        assert app.booking()
        assert app.stored().breaker == Breaker()

    def test_with_refused_credentials_keeps_its_items_waiting(self, app: App) -> None:
        refuse_notified_jobs(app, CredentialsRefused(), count=3)
        assert len(app.provider.accounts) == 1
        assert {row.state for row in app.inbox()} == {InboxState.RECEIVED}

    def test_shows_a_waiting_version_conflict(self, app: App) -> None:
        app.push(booked(notes="one"))
        app.edit(state=ConnectionState.PAUSED)
        has_conflict = app.push(booked(notes="other"), deferred=True).items[0].inbox_id
        app.run_jobs()
        row = app.row(has_conflict)
        assert (row.state, row.outcome) == (InboxState.RECEIVED, None)
        assert row.reason is not None
        assert row.reason.code == "version_tie"


class TestQuarantinedItem:
    def test_is_done_once_newer_data_was_applied(self, app: App) -> None:
        ahead = replace(booked(), version=SourceVersion(app.clock.now() + timedelta(days=2)))
        app.push(ahead)
        assert len(app.quarantined()) == 1
        app.clock.advance(timedelta(minutes=1))
        app.provider.holds(booked())
        app.notify(B1)
        app.run_jobs()
        assert app.booking()
        assert app.quarantined() == []
        assert {row.outcome for row in app.inbox()} == {ItemOutcome.STALE, ItemOutcome.APPLIED}


class TestMaskedReference:
    def test_is_quarantined_and_fetches_nothing(self, app: App) -> None:
        batch = app.notify(Ref(RefKind.BOOKING, "************0077"))
        app.run_jobs()
        row = app.row(batch)
        assert row.state is InboxState.QUARANTINED
        assert row.reason is not None
        assert row.reason.code == "bad_id"


class TestUnknownBatch:
    def test_of_this_or_another_hotel_is_ignored(self, app: App) -> None:
        batch = app.notify(B1)
        assert app.process(app.hotel.id, UUID(int=1)) == []
        assert app.process(app.add_hotel().id, batch) == []
        assert app.row(batch).state is InboxState.RECEIVED


class TestDetectedDeletion:
    """A vendor's `deleted` notification refers to a booking that its API no longer returns."""

    def test_after_a_notification_marks_the_booking_deleted(self, app: App) -> None:
        app.provider.holds(booked())
        app.notify(B1)
        app.run_jobs()
        app.provider.held.clear()
        app.notify(B1)
        app.run_jobs()
        gone = app.known().details
        assert gone.deleted_at_source is not None
        assert not gone.holds_inventory
        assert app.changes() == ["created", "updated"]

    def test_of_an_unknown_booking_is_ignored(self, app: App) -> None:
        batch = app.notify(B1)
        app.run_jobs()
        assert app.booking() is None
        assert app.row(batch).state is InboxState.DONE
        assert app.events() == []
