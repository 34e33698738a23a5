"""A vendor's notification: trusted, stored, acknowledged; nothing is asked before that."""

from datetime import timedelta

import pytest

from application.connections.resume_connection import ResumeConnection
from application.errors import ConnectionNotFound, Unauthenticated
from domain.connection import ConnectionState
from domain.messages import InboxState, ItemKind
from ports.errors import ConcurrentChange, ProviderUnavailable, StoreUnavailable, UnknownProvider
from ports.providers import Ref, RefKind
from tests.application.use_case_harness import Fate, Killed, World, booked, guest

B1 = Ref(RefKind.BOOKING, "B1")


class TestWebhook:
    def test_is_stored_and_enqueued_before_anything_is_asked(self, world: World) -> None:
        batch = world.notify(B1)
        row = world.row(batch)
        assert (row.kind, row.state) == (ItemKind.NOTIFICATION, InboxState.RECEIVED)
        assert [job.subject_id for job in world.queue.jobs] == [batch]
        assert world.provider.accounts == []

    def test_is_heard_by_the_gap_guard(self, world: World) -> None:
        world.notify(B1)
        assert world.stored().last_inbound_at == world.clock.now()

    def test_belongs_to_the_hotel_of_its_url(self, world: World) -> None:
        other = world.connect(world.add_hotel(), key="other")
        assert world.row(world.notify(B1, key="other")).hotel_id == other.hotel_id

    @pytest.mark.parametrize("key", ["", "wrong", "KEY", "key ", "\ud800", "k" * 10_000])
    def test_with_a_wrong_key_finds_nothing(self, world: World, key: str) -> None:
        with pytest.raises(ConnectionNotFound):
            world.notify(B1, key=key)
        assert world.inbox() == []

    def test_with_the_key_of_another_provider_finds_nothing(self, world: World) -> None:
        world.connect(world.hotel, provider="blind", key="blind")
        with pytest.raises(ConnectionNotFound):
            world.notify(B1, key="blind")
        with pytest.raises(ConnectionNotFound):
            world.deliver(b"?", key="key", provider="blind")

    def test_for_an_unknown_provider_is_refused_first(self, world: World) -> None:
        with pytest.raises(UnknownProvider):
            world.deliver(b"?", provider="nobody")

    @pytest.mark.parametrize("trust", ["", "forged", "vendor ", "ü" * 300])
    def test_that_does_not_prove_its_sender_is_refused(self, world: World, trust: str) -> None:
        with pytest.raises(Unauthenticated):
            world.deliver(b"?", trust=trust)
        assert world.inbox() == []
        assert world.queue.jobs == []

    def test_masks_card_numbers(self, world: World) -> None:
        batch = world.deliver(b"4111111111111111")
        assert b"4111111111111111" not in world.row(batch).body

    def test_is_refused_where_it_can_not_be_kept(self, world: World) -> None:
        world.store.fail_next_commit(StoreUnavailable())
        with pytest.raises(StoreUnavailable):
            world.notify(B1)
        assert world.queue.jobs == []

    def test_is_kept_where_someone_else_changed_the_same_rows(self, world: World) -> None:
        world.store.fail_next_commit(ConcurrentChange())
        assert world.row(world.notify(B1)).state is InboxState.RECEIVED

    def test_is_kept_while_the_queue_is_down(self, world: World) -> None:
        world.provider.holds(booked())
        world.queue.is_up = False
        world.notify(B1)
        world.queue.is_up = True
        world.revive()
        world.tick()
        world.work_off()
        assert world.booking()

    @pytest.mark.parametrize("state", [ConnectionState.PAUSED, ConnectionState.STOPPED])
    def test_is_taken_whatever_the_state_of_the_connection(
        self, world: World, state: ConnectionState
    ) -> None:
        world.edit(state=state)
        assert world.row(world.notify(B1)).state is InboxState.RECEIVED

    @pytest.mark.parametrize("after", [False, True])
    def test_survives_a_kill_once_it_is_acknowledged(self, world: World, after: bool) -> None:
        world.provider.holds(booked())
        world.fate = Fate(at=0, after=after)
        with pytest.raises(Killed):
            world.notify(B1)
        world.revive()
        world.tick()
        world.work_off()
        assert (world.booking() is not None) == after


class TestWhatAWebhookAsksFor:
    def test_is_fetched_and_applied(self, world: World) -> None:
        world.provider.holds(booked(), guest())
        batch = world.notify(B1, Ref(RefKind.GUEST, "G1"))
        world.work_off()
        assert world.booking()
        assert world.row(batch).state is InboxState.DONE
        assert {e["correlationid"] for e in world.events()} == {"webhook"}

    def test_delivered_ten_times_is_one_change(self, world: World) -> None:
        world.provider.holds(booked())
        for _ in range(10):
            world.notify(B1)
        world.work_off()
        assert world.changes() == ["created"]
        assert {row.state for row in world.inbox()} == {InboxState.DONE}

    def test_of_a_named_event_is_asked_for_once(self, world: World) -> None:
        world.provider.holds(booked())
        for _ in range(3):
            world.notify(B1, event_key="E1")
            world.work_off()
        world.notify(B1, event_key="E2")
        world.work_off()
        assert world.provider.fetched == [[B1], [B1]]
        assert {row.state for row in world.inbox()} == {InboxState.DONE}

    def test_of_a_named_event_that_could_not_be_asked_is_asked_again(self, world: World) -> None:
        world.provider.holds(booked())
        world.provider.refusal = ProviderUnavailable()
        world.notify(B1, event_key="E1")
        world.work_off()
        world.provider.refusal = None
        world.notify(B1, event_key="E1")
        world.work_off()
        assert world.booking() is not None

    def test_of_another_connections_event_of_the_same_name_is_asked_for(self, world: World) -> None:
        other = world.connect(world.hotel, key="other", name="other")
        world.notify(B1, event_key="E1")
        world.notify(B1, event_key="E1", key="other")
        world.work_off()
        assert {a.connection_id for a in world.provider.accounts} == {
            world.connection.id,
            other.id,
        }

    def test_that_can_not_be_read_is_quarantined_and_told_once(self, world: World) -> None:
        batch = world.deliver(b"gibberish")
        world.deliver(b"gibberish")
        world.work_off()
        assert [row.id for row in world.quarantined()] == [batch]
        [event] = world.events()
        assert event["data"]["reason"]["code"] == "unreadable_message"
        assert world.provider.accounts == []

    def test_of_a_foreign_property_is_quarantined(self, world: World) -> None:
        world.edit(settings={"property_id": "P1"})
        batch = world.notify(B1, property_id="P2", disabled=True, new_secrets={"trust": "theirs"})
        world.work_off()
        reason = world.row(batch).reason
        assert reason is not None
        assert reason.code == "foreign_property"
        assert world.provider.fetched == []
        assert world.stored().state is ConnectionState.ACTIVE
        world.notify(B1, property_id="P1")
        world.work_off()
        assert world.provider.fetched == [[B1]]

    def test_of_another_hotel_of_the_account_is_carried_out_there(self, world: World) -> None:
        secrets = {"trust": "vendor", "account": "A"}
        first = world.connect(
            world.hotel, key="one", secrets=secrets, name="one", settings={"property_id": "P1"}
        )
        second = world.connect(
            world.add_hotel(slug="second"), secrets=secrets, settings={"property_id": "P2"}
        )
        world.provider.holds(booked())
        batch = world.notify(B1, key="one", property_id="P2")
        world.work_off()
        assert world.row(batch).state is InboxState.DONE
        assert world.row(batch).connection_id == first.id
        world.work_off()
        assert world.booking(of=second) is not None
        assert world.booking(of=first) is None
        assert world.provider.accounts[-1].connection_id == second.id
        assert world.stored(second).last_inbound_at is not None

    @pytest.mark.parametrize(
        ("account", "property_id"), [("B", "P2"), ("A", "P3"), ("", "P2")], ids=str
    )
    def test_of_a_hotel_of_another_account_stays_quarantined(
        self, world: World, account: str, property_id: str
    ) -> None:
        secrets = {"trust": "vendor", "account": "A"}
        world.connect(
            world.hotel, key="one", secrets=secrets, name="one", settings={"property_id": "P1"}
        )
        world.connect(
            world.add_hotel(slug="second"),
            secrets={"trust": "vendor", "account": account},
            settings={"property_id": "P2"},
        )
        batch = world.notify(B1, key="one", property_id=property_id)
        world.work_off()
        assert world.row(batch).state is InboxState.QUARANTINED
        assert len(world.inbox()) == 1

    def test_that_asks_for_nothing_is_done(self, world: World) -> None:
        batch = world.notify(ignored=("HousekeepingChanged",))
        world.work_off()
        assert world.row(batch).state is InboxState.DONE
        assert world.provider.accounts == []


class TestNewSecrets:
    def test_are_kept_and_used_by_the_next_fetch(self, world: World) -> None:
        world.provider.holds(booked())
        world.notify(new_secrets={"token": "fresh"})
        world.work_off()
        world.notify(B1)
        world.work_off()
        [account] = world.provider.accounts
        assert account.secrets == {"trust": "vendor", "token": "fresh"}

    def test_are_used_by_the_fetch_that_they_come_with(self, world: World) -> None:
        world.notify(B1, new_secrets={"token": "fresh"})
        world.work_off()
        [account] = world.provider.accounts
        assert account.secrets["token"] == "fresh"

    def test_are_kept_even_if_the_provider_is_down(self, world: World) -> None:
        world.provider.refusal = ProviderUnavailable()
        world.notify(B1, new_secrets={"token": "fresh"})
        world.work_off()
        held = world.write(lambda uow: uow.connections.secrets(world.connection.id))
        assert held == {"trust": "vendor", "token": "fresh"}

    def test_count_in_the_order_of_their_arrival(self, world: World) -> None:
        world.notify(B1, new_secrets={"token": "old"})
        world.clock.advance(timedelta(seconds=1))
        world.notify(B1, new_secrets={"token": "new"})
        old, new = world.queue.take()
        for job in (new, old):
            world.work(job)
        assert [account.secrets["token"] for account in world.provider.accounts] == ["new", "new"]
        held = world.write(lambda uow: uow.connections.secrets(world.connection.id))
        assert held["token"] == "new"


class TestIntegrationDisabledAtTheVendor:
    def test_stops_the_connection_and_asks_for_nothing(self, world: World) -> None:
        other = world.connect(world.hotel)
        batch = world.notify(B1, disabled=True)
        world.work_off()
        stopped = world.stored()
        assert stopped.state is ConnectionState.STOPPED
        assert stopped.last_error_code == "disabled_by_hotel"
        assert world.provider.fetched == []
        assert world.row(batch).state is InboxState.DONE
        assert world.stored(other).state is ConnectionState.ACTIVE

    def test_before_it_was_resumed_does_not_stop_it_any_more(self, world: World) -> None:
        world.notify(disabled=True)
        world.clock.advance(timedelta(minutes=1))
        ResumeConnection(world.unit_of_work, world.clock)(world.connection.id)
        world.work_off()
        assert world.stored().state is ConnectionState.ACTIVE
