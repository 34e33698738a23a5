"""Events are delivered at least once, in order per key; subscribers fail independently."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from threading import Event

import pytest

from adapters.outbound.events.in_process_bus import InProcessEventBus, log_event
from application.clock_check import ClockWrong
from application.events.relay_outbox import (
    FIRST_PAUSE,
    LEADER_LEASE_TTL,
    LONGEST_PAUSE,
    RelayOutbox,
    SubscriberHangs,
)
from domain.messages import OutboxMessage
from ports.errors import StoreUnavailable
from tests import builders
from tests.application.use_case_harness import App
from tests.processes import wait_until


class Listener:
    """Records what it receives; fails while `broken` returns True."""

    def __init__(self) -> None:
        self.received: list[OutboxMessage] = []
        self.broken: Callable[[OutboxMessage], bool] = lambda message: False

    def __call__(self, message: OutboxMessage) -> None:
        if self.broken(message):
            raise ValueError("broken")
        self.received.append(message)

    def keys(self, key: str) -> list[str]:
        return [m.type for m in self.received if m.ordering_key == key]


def emit(app: App, *names: str) -> list[OutboxMessage]:
    """`a1`: the first message of key a."""
    messages = [
        builders.outbox_message(app.hotel, key=name[0], type=name, id=app.ids.new())
        for name in names
    ]
    app.write(lambda uow: uow.outbox.add(messages))
    return messages


def relay(app: App, holder: str = "relay", **listeners: Listener) -> RelayOutbox:
    bus = InProcessEventBus(listeners)
    return RelayOutbox(app.unit_of_work, bus, app.clock, holder)


class HangingListener(Listener):
    """Hangs at its first message until `resume` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.resume = Event()

    def __call__(self, message: OutboxMessage) -> None:
        self.resume.wait()
        super().__call__(message)


class TestHangingSubscriber:
    @pytest.fixture
    def hanging(self) -> Iterator[HangingListener]:
        listener = HangingListener()
        yield listener
        listener.resume.set()

    @staticmethod
    def relay(app: App, holder: str = "relay", **listeners: Listener) -> RelayOutbox:
        bus = InProcessEventBus(listeners, delivery_seconds=0.01)
        return RelayOutbox(app.unit_of_work, bus, app.clock, holder)

    def test_is_named_and_stops_no_other(
        self, app: App, hanging: HangingListener, caplog: pytest.LogCaptureFixture
    ) -> None:
        fine = Listener()
        messages = emit(app, "a1", "b1", "a2")
        use = self.relay(app, hanging=hanging, fine=fine)
        with pytest.raises(SubscriberHangs) as caught:
            use()
        assert caught.value.details["subscriber"] == "hanging"
        assert fine.received == messages
        messages += emit(app, "c1")
        use()
        assert fine.received == messages
        [logged] = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert (logged.getMessage(), vars(logged)["subscriber"]) == ("subscriber_hangs", "hanging")

    def test_gets_its_events_in_order_when_it_goes_on(
        self, app: App, hanging: HangingListener
    ) -> None:
        emit(app, "a1", "a2")
        use = self.relay(app, hanging=hanging)
        with pytest.raises(SubscriberHangs):
            use()
        assert hanging.received == []
        hanging.resume.set()
        wait_until(lambda: hanging.received, seconds=30, description="the hanging call returned")
        for _ in range(2):
            app.clock.advance(LONGEST_PAUSE)
            use()
        assert hanging.keys("a") == ["a1", "a1", "a2"]

    def test_lets_another_relay_lead(self, app: App, hanging: HangingListener) -> None:
        fine = Listener()
        emit(app, "a1")
        with pytest.raises(SubscriberHangs):
            self.relay(app, hanging=hanging)()
        emit(app, "b1")
        assert relay(app, holder="other", hanging=fine)() == 1


class TestStoppingRelay:
    def test_ends_between_two_messages(self, app: App) -> None:
        listener = Listener()
        emit(app, "a1", "b1")
        assert relay(app, one=listener)(is_stopping=lambda: bool(listener.received)) == 1
        assert relay(app, one=listener)() == 1

    def test_lets_another_lead_at_once(self, app: App) -> None:
        first = relay(app, one=Listener())
        first()
        first.give_up_lease()
        emit(app, "a1")
        assert relay(app, holder="other", one=Listener())() == 1


class TestRelay:
    def test_delivers_to_every_subscriber_once_in_order(self, app: App) -> None:
        one, two = Listener(), Listener()
        messages = emit(app, "a1", "b1", "a2")
        use = relay(app, one=one, two=two)
        assert use() == 3
        assert use() == 0
        assert one.received == two.received == messages

    def test_does_not_delay_others_for_a_broken_subscriber(self, app: App) -> None:
        broken, fine = Listener(), Listener()
        broken.broken = lambda message: True
        emit(app, "a1", "a2")
        assert relay(app, broken=broken, fine=fine)() == 2
        assert fine.keys("a") == ["a1", "a2"]

    def test_delivers_postponed_messages_in_order(self, app: App) -> None:
        broken, fine = Listener(), Listener()
        broken.broken = lambda message: message.type == "a1"
        use = relay(app, broken=broken, fine=fine)
        emit(app, "a1", "a2", "b1")
        use()
        emit(app, "a3")
        use()
        assert broken.keys("a") == []
        assert broken.keys("b") == ["b1"]
        broken.broken = lambda message: False
        for _ in range(10):
            app.clock.advance(FIRST_PAUSE)
            use()
        emit(app, "a4")
        use()
        assert broken.keys("a") == ["a1", "a2", "a3", "a4"]
        assert fine.keys("a") == ["a1", "a2", "a3", "a4"]
        assert app.store.queries.backlog()["postponed"] == 0

    def test_works_off_a_backlog_of_one_key_without_a_pause(self, app: App) -> None:
        """The process pauses after a round that delivered nothing."""
        broken = Listener()
        broken.broken = lambda message: True
        use = relay(app, broken=broken)
        emit(app, *(f"a{n}" for n in range(20)))
        use()
        broken.broken = lambda message: False
        app.clock.advance(FIRST_PAUSE)
        while use():
            pass
        assert len(broken.received) == 20

    def test_retries_a_broken_subscriber_with_growing_pauses(self, app: App) -> None:
        tries = []
        broken = Listener()

        def fail(message: OutboxMessage) -> bool:
            tries.append(app.clock.now())
            return True

        broken.broken = fail
        emit(app, "a1")
        use = relay(app, broken=broken)
        for _ in range(2_000):
            use()
            app.clock.advance(FIRST_PAUSE)
        pauses = [b - a for a, b in pairwise(tries)]
        assert pauses == sorted(pauses)
        assert pauses[0] == FIRST_PAUSE
        assert pauses[-1] == LONGEST_PAUSE

    @pytest.mark.parametrize("at", range(2))
    def test_delivers_again_with_the_same_ids_after_a_crash(self, app: App, at: int) -> None:
        listener = Listener()
        messages = emit(app, "a1", "b1")
        with app.killed(at):
            relay(app, one=listener)()
        app.restart()
        relay(app, one=listener)()
        ids = [m.id for m in listener.received]
        assert set(ids) == {m.id for m in messages}
        assert ids[-2:] == [m.id for m in messages]
        assert relay(app, one=listener)() == 0

    def test_loses_no_postponed_message_in_a_crash(self, app: App) -> None:
        broken = Listener()
        broken.broken = lambda message: True
        emit(app, "a1", "a2")
        use = relay(app, one=broken)
        use()
        app.clock.advance(FIRST_PAUSE)
        broken.broken = lambda message: False
        with app.killed(2):
            use()
        app.restart()
        for _ in range(4):
            use()
            app.clock.advance(FIRST_PAUSE)
        assert broken.keys("a") == ["a1", "a1", "a2"]

    def test_records_nothing_if_the_commit_fails(self, app: App) -> None:
        listener = Listener()
        emit(app, "a1")
        use = relay(app, one=listener)
        app.interruptions = {2: lambda: app.store.fail_next_commit(StoreUnavailable())}
        with pytest.raises(StoreUnavailable):
            use()
        assert use() == 1
        assert listener.keys("a") == ["a1", "a1"]


class TestDeliveryLog:
    """A line per batch and subscriber, whatever the number of events."""

    @staticmethod
    def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int]]:
        logged = [vars(each) for each in caplog.records if each.message == "events_delivered"]
        return [(each["subscriber"], each["count"]) for each in logged]

    @pytest.mark.parametrize("count", [1, 300])
    def test_has_one_line_per_batch_and_subscriber(
        self, app: App, caplog: pytest.LogCaptureFixture, count: int
    ) -> None:
        caplog.set_level(logging.INFO)
        messages = emit(app, *(f"a{n}" for n in range(count)))
        app.clock.advance(messages[0].created_at - app.clock.now() + timedelta(seconds=7))
        bus = InProcessEventBus({"log": log_event, "one": Listener()})
        assert RelayOutbox(app.unit_of_work, bus, app.clock, "relay")() == count
        assert self.lines(caplog) == [("log", count), ("one", count)]
        assert len(caplog.records) == 2
        fields = vars(caplog.records[0])
        assert fields["first_id"] == str(messages[0].id)
        assert fields["last_id"] == str(messages[-1].id)
        assert fields["lag_seconds"] == 7

    def test_counts_what_a_failing_subscriber_took(
        self, app: App, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        broken, fine = Listener(), Listener()
        broken.broken = lambda message: message.ordering_key == "a"
        use = relay(app, broken=broken, fine=fine)
        emit(app, "a1", "b1", "a2")
        use()
        assert self.lines(caplog) == [("broken", 1), ("fine", 3)]
        broken.broken = lambda message: True
        emit(app, "c1")
        caplog.clear()
        use()
        assert self.lines(caplog) == [("fine", 1)]

    def test_has_one_line_for_postponed_events(
        self, app: App, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        broken = Listener()
        broken.broken = lambda message: True
        use = relay(app, broken=broken)
        emit(app, *(f"{key}1" for key in "abcdefgh"))
        use()
        broken.broken = lambda message: False
        app.clock.advance(FIRST_PAUSE)
        use()
        assert self.lines(caplog) == [("broken", 8)]

    def test_is_silent_in_a_round_without_events(
        self, app: App, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        relay(app, one=Listener())()
        assert caplog.records == []


class TestSecondRelay:
    def test_is_on_standby_while_the_first_is_leader(self, app: App) -> None:
        listener = Listener()
        emit(app, "a1")
        first, second = (
            relay(app, "first", one=listener),
            relay(app, "second", one=listener),
        )
        first()
        emit(app, "a2")
        assert second() == 0
        assert first() == 1

    def test_is_not_taken_under_a_wrong_clock(self, app: App) -> None:
        listener = Listener()
        emit(app, "a1")
        app.clock.own_skew = timedelta(hours=1)
        with pytest.raises(ClockWrong):
            relay(app, one=listener)()
        assert listener.received == []
        app.clock.own_skew = timedelta(0)
        assert relay(app, "second", one=listener)() == 1

    def test_takes_over_when_the_first_is_dead(self, app: App) -> None:
        listener = Listener()
        relay(app, "first", one=listener)()
        emit(app, "a1")
        app.clock.advance(LEADER_LEASE_TTL + timedelta(seconds=1))
        assert relay(app, "second", one=listener)() == 1

    def test_does_not_take_over_from_a_first_that_is_slow(self, app: App) -> None:
        """Each delivery takes time; together they take longer than one lease."""
        slow, second = Listener(), Listener()
        standby = relay(app, "second", one=second)

        def dawdle(message: OutboxMessage) -> bool:
            app.clock.advance(LEADER_LEASE_TTL / 2)
            return standby() > 0

        slow.broken = dawdle
        emit(app, "a1", "b1", "c1", "d1")
        assert relay(app, "first", one=slow)() == 4
        assert second.received == []

    def test_that_took_over_stops_the_first(self, app: App) -> None:
        frozen, second = Listener(), Listener()

        def freeze(message: OutboxMessage) -> bool:
            app.clock.advance(LEADER_LEASE_TTL + timedelta(seconds=1))
            relay(app, "second", one=second)()
            return False

        frozen.broken = freeze
        messages = emit(app, "a1", "a2")
        assert relay(app, "first", one=frozen)() == 1
        assert frozen.received == messages[:1]
        assert second.received == messages
