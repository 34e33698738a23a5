"""`pms relay` ends at SIGTERM, also while a subscriber hangs."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from adapters.outbound.events.in_process_bus import InProcessEventBus
from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.memory.store import InMemoryStore
from domain.messages import OutboxMessage
from entrypoints.processes.relay import run_relay
from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import Settings
from tests import builders


@pytest.fixture
def _restored_signals() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("_restored_signals")
class TestRelayProcess:
    def test_ends_at_sigterm_while_a_subscriber_hangs(self, tmp_path: Path) -> None:
        store, resume, received = InMemoryStore(), Event(), []

        def hang(message: OutboxMessage) -> None:
            received.append(message)
            os.kill(os.getpid(), signal.SIGTERM)
            resume.wait()

        hotel = builders.hotel()
        with store.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.outbox.add([builders.outbox_message(hotel, key=key) for key in "ab"])
            uow.commit()
        container = Container(Settings(home=tmp_path), clock_override=FrozenClock())
        bus = InProcessEventBus({"hangs": hang}, delivery_seconds=0.05)
        container.__dict__.update(store=store, bus=bus)
        run_relay(container)
        resume.set()
        assert len(received) == 1
        with store.unit_of_work() as uow:
            now = container.now()
            assert uow.outbox.acquire_leader_lease("other", now=now, until=now)
