"""Events go out at least once, in order per booking, one subscriber's failure being its own."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from adapters.outbound.events.in_process_bus import InProcessEventBus
from application.events.relay_outbox import (
    FIRST_PAUSE,
    LEADER_LEASE_TTL,
    LONGEST_PAUSE,
    RelayOutbox,
)
from domain.messages import OutboxMessage
from ports.errors import StoreUnavailable
from tests import builders
from tests.application.use_case_harness import Fate, Killed, World


class Listener:
    """Remembers what it was told; fails while `broken` says so."""

    def __init__(self) -> None:
        self.heard: list[OutboxMessage] = []
        self.broken: Callable[[OutboxMessage], bool] = lambda message: False

    def __call__(self, message: OutboxMessage) -> None:
        if self.broken(message):
            raise ValueError("broken")
        self.heard.append(message)

    def keys(self, key: str) -> list[str]:
        return [m.type for m in self.heard if m.ordering_key == key]


def emit(world: World, *told: str) -> list[OutboxMessage]:
    """`a1`: the first message of key a."""
    messages = [
        builders.outbox_message(world.hotel, key=name[0], type=name, id=world.ids.new())
        for name in told
    ]
    world.write(lambda uow: uow.outbox.add(messages))
    return messages


def relay(world: World, holder: str = "relay", **listeners: Listener) -> RelayOutbox:
    bus = InProcessEventBus(listeners)
    return RelayOutbox(world.unit_of_work, bus, world.clock, holder)


class TestRelay:
    def test_tells_every_subscriber_once_in_order(self, world: World) -> None:
        one, two = Listener(), Listener()
        messages = emit(world, "a1", "b1", "a2")
        use = relay(world, one=one, two=two)
        assert use() == 3
        assert use() == 0
        assert one.heard == two.heard == messages

    def test_keeps_nobody_waiting_for_a_broken_subscriber(self, world: World) -> None:
        broken, fine = Listener(), Listener()
        broken.broken = lambda message: True
        emit(world, "a1", "a2")
        assert relay(world, broken=broken, fine=fine)() == 2
        assert fine.keys("a") == ["a1", "a2"]

    def test_catches_a_mended_subscriber_up_in_order(self, world: World) -> None:
        broken, fine = Listener(), Listener()
        broken.broken = lambda message: message.type == "a1"
        use = relay(world, broken=broken, fine=fine)
        emit(world, "a1", "a2", "b1")
        use()
        emit(world, "a3")
        use()
        assert broken.keys("a") == []
        assert broken.keys("b") == ["b1"]
        broken.broken = lambda message: False
        for _ in range(10):
            world.clock.advance(FIRST_PAUSE)
            use()
        emit(world, "a4")
        use()
        assert broken.keys("a") == ["a1", "a2", "a3", "a4"]
        assert fine.keys("a") == ["a1", "a2", "a3", "a4"]
        assert world.store.queries.backlog()["postponed"] == 0

    def test_tries_a_broken_subscriber_less_and_less_often(self, world: World) -> None:
        tries = []
        broken = Listener()

        def fail(message: OutboxMessage) -> bool:
            tries.append(world.clock.now())
            return True

        broken.broken = fail
        emit(world, "a1")
        use = relay(world, broken=broken)
        for _ in range(2_000):
            use()
            world.clock.advance(FIRST_PAUSE)
        pauses = [b - a for a, b in pairwise(tries)]
        assert pauses == sorted(pauses)
        assert pauses[0] == FIRST_PAUSE
        assert pauses[-1] == LONGEST_PAUSE

    @pytest.mark.parametrize("at", range(2))
    def test_tells_again_with_the_same_ids_after_a_crash_before_it_noted(
        self, world: World, at: int
    ) -> None:
        listener = Listener()
        messages = emit(world, "a1", "b1")
        world.fate = Fate(at)
        with pytest.raises(Killed):
            relay(world, one=listener)()
        world.revive()
        relay(world, one=listener)()
        ids = [m.id for m in listener.heard]
        assert set(ids) == {m.id for m in messages}
        assert ids[-2:] == [m.id for m in messages]
        assert relay(world, one=listener)() == 0

    def test_loses_no_postponed_message_in_a_crash(self, world: World) -> None:
        broken = Listener()
        broken.broken = lambda message: True
        emit(world, "a1", "a2")
        use = relay(world, one=broken)
        use()
        world.clock.advance(FIRST_PAUSE)
        broken.broken = lambda message: False
        world.fate = Fate(at=1)
        with pytest.raises(Killed):
            use()
        world.revive()
        for _ in range(4):
            use()
            world.clock.advance(FIRST_PAUSE)
        assert broken.keys("a") == ["a1", "a1", "a2"]

    def test_notes_nothing_that_the_store_did_not_take(self, world: World) -> None:
        listener = Listener()
        emit(world, "a1")
        use = relay(world, one=listener)
        world.interruptions = {2: lambda: world.store.fail_next_commit(StoreUnavailable())}
        with pytest.raises(StoreUnavailable):
            use()
        assert use() == 1
        assert listener.keys("a") == ["a1", "a1"]


class TestSecondRelay:
    def test_stands_by_while_the_first_leads(self, world: World) -> None:
        listener = Listener()
        emit(world, "a1")
        first, second = relay(world, "first", one=listener), relay(world, "second", one=listener)
        first()
        emit(world, "a2")
        assert second() == 0
        assert first() == 1

    def test_takes_over_when_the_first_is_dead(self, world: World) -> None:
        listener = Listener()
        relay(world, "first", one=listener)()
        emit(world, "a1")
        world.clock.advance(LEADER_LEASE_TTL + timedelta(seconds=1))
        assert relay(world, "second", one=listener)() == 1

    def test_does_not_take_over_from_a_first_that_is_slow(self, world: World) -> None:
        """Each message takes a while; together they take longer than one lead."""
        slow, second = Listener(), Listener()
        standby = relay(world, "second", one=second)

        def dawdle(message: OutboxMessage) -> bool:
            world.clock.advance(LEADER_LEASE_TTL / 2)
            return standby() > 0

        slow.broken = dawdle
        emit(world, "a1", "b1", "c1", "d1")
        assert relay(world, "first", one=slow)() == 4
        assert second.heard == []

    def test_that_took_over_is_not_overtaken_by_the_first(self, world: World) -> None:
        frozen, second = Listener(), Listener()

        def freeze(message: OutboxMessage) -> bool:
            world.clock.advance(LEADER_LEASE_TTL + timedelta(seconds=1))
            relay(world, "second", one=second)()
            return False

        frozen.broken = freeze
        messages = emit(world, "a1", "a2")
        assert relay(world, "first", one=frozen)() == 1
        assert frozen.heard == messages[:1]
        assert second.heard == messages
