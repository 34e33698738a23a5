"""Webhooks: authenticated, stored and acknowledged, then processed."""

from datetime import timedelta

import pytest

from application.connections.resume_connection import ResumeConnection
from application.errors import ConnectionNotFound, Unauthenticated
from domain.connection import Connection, ConnectionState
from domain.messages import InboxState, ItemKind
from domain.values import Reason
from ports.errors import ConcurrentChange, ProviderUnavailable, StoreUnavailable, UnknownProvider
from ports.providers import Notification, Ref, RefKind, UnreadableEvent
from tests.application.use_case_harness import App, booked, guest

B1 = Ref(RefKind.BOOKING, "B1")


def connect_properties(app: App, *, second_account: str = "A") -> tuple[Connection, Connection]:
    """P1 with the key "one", and P2, of an account each."""
    secrets = {"trust": "vendor", "account": "A"}
    first = app.connect(
        app.hotel, key="one", secrets=secrets, name="one", settings={"property_id": "P1"}
    )
    second = app.connect(
        app.add_hotel(slug="second"),
        secrets={**secrets, "account": second_account},
        settings={"property_id": "P2"},
    )
    return first, second


class TestWebhook:
    def test_is_stored_and_enqueued_without_a_request(self, app: App) -> None:
        batch = app.notify(B1)
        row = app.row(batch)
        assert (row.kind, row.state) == (ItemKind.NOTIFICATION, InboxState.RECEIVED)
        assert [job.subject_id for job in app.queue.jobs] == [app.connection.id]
        assert app.provider.accounts == []

    def test_counts_as_inbound_traffic(self, app: App) -> None:
        app.notify(B1)
        assert app.stored().last_inbound_at == app.clock.now()

    def test_belongs_to_the_hotel_of_its_url(self, app: App) -> None:
        other = app.connect(app.add_hotel(), key="other")
        assert app.row(app.notify(B1, key="other")).hotel_id == other.hotel_id

    @pytest.mark.parametrize("key", ["", "wrong", "KEY", "key ", "\ud800", "k" * 10_000])
    def test_with_a_wrong_key_is_not_found(self, app: App, key: str) -> None:
        with pytest.raises(ConnectionNotFound):
            app.notify(B1, key=key)
        assert app.inbox() == []

    def test_with_the_key_of_another_provider_is_not_found(self, app: App) -> None:
        app.connect(app.hotel, provider="push_only", key="push_only")
        with pytest.raises(ConnectionNotFound):
            app.notify(B1, key="push_only")
        with pytest.raises(ConnectionNotFound):
            app.deliver(b"?", key="key", provider="push_only")

    def test_for_an_unknown_provider_is_refused_first(self, app: App) -> None:
        with pytest.raises(UnknownProvider):
            app.deliver(b"?", provider="nobody")

    @pytest.mark.parametrize("trust", ["", "forged", "vendor ", "ü" * 300])
    def test_without_valid_credentials_is_refused(self, app: App, trust: str) -> None:
        with pytest.raises(Unauthenticated):
            app.deliver(b"?", trust=trust)
        assert app.inbox() == []
        assert app.queue.jobs == []

    def test_masks_card_numbers(self, app: App) -> None:
        batch = app.deliver(b"4111111111111111")
        assert b"4111111111111111" not in app.row(batch).body

    def test_is_refused_if_it_can_not_be_stored(self, app: App) -> None:
        app.store.fail_next_commit(StoreUnavailable())
        with pytest.raises(StoreUnavailable):
            app.notify(B1)
        assert app.queue.jobs == []

    def test_is_stored_after_a_conflict(self, app: App) -> None:
        app.store.fail_next_commit(ConcurrentChange())
        assert app.row(app.notify(B1)).state is InboxState.RECEIVED

    def test_is_stored_while_the_queue_is_down(self, app: App) -> None:
        app.provider.holds(booked())
        app.queue.is_up = False
        app.notify(B1)
        app.queue.is_up = True
        app.restart()
        app.tick()
        app.run_jobs()
        assert app.booking()

    @pytest.mark.parametrize("state", [ConnectionState.PAUSED, ConnectionState.STOPPED])
    def test_is_accepted_in_every_state_of_the_connection(
        self, app: App, state: ConnectionState
    ) -> None:
        app.edit(state=state)
        assert app.row(app.notify(B1)).state is InboxState.RECEIVED

    @pytest.mark.parametrize("after", [False, True])
    def test_survives_a_kill_once_it_is_acknowledged(self, app: App, after: bool) -> None:
        app.provider.holds(booked())
        with app.killed(0, after=after):
            app.notify(B1)
        app.restart()
        app.tick()
        app.run_jobs()
        assert (app.booking() is not None) == after


class TestNotification:
    def test_is_fetched_and_applied(self, app: App) -> None:
        app.provider.holds(booked(), guest())
        batch = app.notify(B1, Ref(RefKind.GUEST, "G1"))
        app.run_jobs()
        assert app.booking()
        assert app.row(batch).state is InboxState.DONE
        assert {e["correlationid"] for e in app.events()} == {"webhook"}

    def test_delivered_ten_times_is_one_change(self, app: App) -> None:
        app.provider.holds(booked())
        for _ in range(10):
            app.notify(B1)
        app.run_jobs()
        assert app.changes() == ["created"]
        assert {row.state for row in app.inbox()} == {InboxState.DONE}

    def test_with_an_event_key_is_fetched_once(self, app: App) -> None:
        app.provider.holds(booked())
        for _ in range(3):
            app.notify(B1, event_key="E1")
            app.run_jobs()
        app.notify(B1, event_key="E2")
        app.run_jobs()
        assert app.provider.fetched == [[B1], [B1]]
        assert {row.state for row in app.inbox()} == {InboxState.DONE}

    def test_with_an_event_key_is_fetched_again_after_a_failure(self, app: App) -> None:
        app.provider.holds(booked())
        app.provider.refusal = ProviderUnavailable()
        app.notify(B1, event_key="E1")
        app.run_jobs()
        app.provider.refusal = None
        app.notify(B1, event_key="E1")
        app.run_jobs()
        assert app.booking() is not None

    def test_with_the_event_key_of_another_connection_is_fetched(self, app: App) -> None:
        other = app.connect(app.hotel, key="other", name="other")
        app.notify(B1, event_key="E1")
        app.notify(B1, event_key="E1", key="other")
        app.run_jobs()
        assert {a.connection_id for a in app.provider.accounts} == {
            app.connection.id,
            other.id,
        }

    def test_that_is_unreadable_is_quarantined_and_reported_once(self, app: App) -> None:
        batch = app.deliver(b"gibberish")
        app.deliver(b"gibberish")
        app.run_jobs()
        assert [row.id for row in app.quarantined()] == [batch]
        [event] = app.events()
        assert event["data"]["reason"]["code"] == "unreadable_message"
        assert app.provider.accounts == []

    def test_of_a_foreign_property_is_quarantined(self, app: App) -> None:
        app.edit(settings={"property_id": "P1"})
        batch = app.notify(B1, property_id="P2", disabled=True, new_secrets={"trust": "theirs"})
        app.run_jobs()
        reason = app.row(batch).reason
        assert reason is not None
        assert reason.code == "foreign_property"
        assert app.provider.fetched == []
        assert app.stored().state is ConnectionState.ACTIVE
        app.notify(B1, property_id="P1")
        app.run_jobs()
        assert app.provider.fetched == [[B1]]

    def test_for_another_hotel_of_the_account_is_forwarded(self, app: App) -> None:
        first, second = connect_properties(app)
        app.provider.holds(booked())
        batch = app.notify(B1, key="one", property_id="P2")
        app.run_jobs()
        assert app.row(batch).state is InboxState.DONE
        assert app.row(batch).connection_id == first.id
        app.run_jobs()
        assert app.booking(of=second) is not None
        assert app.booking(of=first) is None
        assert app.provider.accounts[-1].connection_id == second.id
        assert app.stored(second).last_inbound_at is not None

    def test_of_several_hotels_is_forwarded_event_by_event(self, app: App) -> None:
        first, second = connect_properties(app)
        app.provider.holds(booked())
        message = app.provider.notification(Notification(refs=(B1,), property_id="P2"))
        reason = Reason("foreign_property", None, "of another property")
        events = [UnreadableEvent(message, reason, property_id=name) for name in ("P2", "P3")]
        batch = app.notify(key="one", property_id="P1", unreadable=tuple(events))
        app.run_jobs()
        app.run_jobs()
        assert app.row(batch).state is InboxState.DONE
        assert (app.booking(of=first), app.booking(of=second) is None) == (None, False)
        [kept] = app.quarantined()
        assert (kept.connection_id, kept.reason) == (first.id, reason)

    @pytest.mark.parametrize(
        ("account", "property_id"), [("B", "P2"), ("A", "P3"), ("", "P2")], ids=str
    )
    def test_for_a_hotel_of_another_account_stays_quarantined(
        self, app: App, account: str, property_id: str
    ) -> None:
        connect_properties(app, second_account=account)
        batch = app.notify(B1, key="one", property_id=property_id)
        app.run_jobs()
        assert app.row(batch).state is InboxState.QUARANTINED
        assert len(app.inbox()) == 1

    def test_without_references_is_done(self, app: App) -> None:
        batch = app.notify(ignored=("HousekeepingChanged",))
        app.run_jobs()
        assert app.row(batch).state is InboxState.DONE
        assert app.provider.accounts == []


class TestNewSecrets:
    def test_are_stored_and_used_by_the_next_fetch(self, app: App) -> None:
        app.provider.holds(booked())
        app.notify(new_secrets={"token": "fresh"})
        app.run_jobs()
        app.notify(B1)
        app.run_jobs()
        [account] = app.provider.accounts
        assert account.secrets == {"trust": "vendor", "token": "fresh"}

    def test_are_used_by_the_fetch_of_their_own_notification(self, app: App) -> None:
        app.notify(B1, new_secrets={"token": "fresh"})
        app.run_jobs()
        [account] = app.provider.accounts
        assert account.secrets["token"] == "fresh"

    def test_are_stored_even_if_the_provider_is_down(self, app: App) -> None:
        app.provider.refusal = ProviderUnavailable()
        app.notify(B1, new_secrets={"token": "fresh"})
        app.run_jobs()
        held = app.write(lambda uow: uow.connections.secrets(app.connection.id))
        assert held == {"trust": "vendor", "token": "fresh"}

    def test_apply_in_the_order_of_their_arrival(self, app: App) -> None:
        old = app.notify(B1, new_secrets={"token": "old"})
        app.clock.advance(timedelta(seconds=1))
        new = app.notify(B1, new_secrets={"token": "new"})
        for batch in (new, old):
            app.process(app.hotel.id, batch)
        assert [account.secrets["token"] for account in app.provider.accounts] == ["new", "new"]
        held = app.write(lambda uow: uow.connections.secrets(app.connection.id))
        assert held["token"] == "new"


class TestIntegrationDisabledAtTheVendor:
    def test_stops_the_connection_and_fetches_nothing(self, app: App) -> None:
        other = app.connect(app.hotel)
        batch = app.notify(B1, disabled=True)
        app.run_jobs()
        stopped = app.stored()
        assert stopped.state is ConnectionState.STOPPED
        assert stopped.last_error_code == "disabled_by_hotel"
        assert stopped.stopped_at == app.clock.now()
        [event] = app.events("pms.connection.suspended")
        assert event["data"]["errorCode"] == "disabled_by_hotel"
        assert app.provider.fetched == []
        assert app.row(batch).state is InboxState.DONE
        assert app.stored(other).state is ConnectionState.ACTIVE

    def test_received_before_it_was_resumed_has_no_effect(self, app: App) -> None:
        app.notify(disabled=True)
        app.clock.advance(timedelta(minutes=1))
        ResumeConnection(app.unit_of_work, app.clock, app.audit)(app.connection.id)
        app.run_jobs()
        assert app.stored().state is ConnectionState.ACTIVE
