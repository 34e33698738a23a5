"""Shared by the simulator tests of all vendors: recorded exchanges, received webhooks, journals."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.sync_run import SyncKind
from ports.providers import Notification, Provider, ProviderClient
from tests.adapters.provider_kit.simulation.server.webhook_receiver import (
    WAIT_SECONDS,
    receiving,
)
from tests.providers.vendor_payloads import hotel_context

Exchange = tuple[Call, Reply]


def record_exchanges(simulator: Any, into: list[Exchange]) -> None:
    """The simulator appends each call and its reply to `into`."""

    def answer(call: Call) -> Reply:
        reply: Reply = simulator.api.answer(call)
        into.append((call, reply))
        return reply

    simulator.serve(answer)


@contextmanager
def recorded_exchanges(
    simulator: Any, paged_by: ModuleType, page_size: int
) -> Iterator[list[Exchange]]:
    """Of a running simulator after three days of activity; the client reads pages of this size."""
    found: list[Exchange] = []
    with pytest.MonkeyPatch.context() as patch, simulator:
        patch.setattr(paged_by, "PAGE_SIZE", page_size)
        record_exchanges(simulator, found)
        simulator.advance(days=3, events=60)
        yield found


def check_and_pull(client: ProviderClient, request: Callable[..., Any], simulator: Any) -> None:
    """Requests a check, a full pull and a delta."""
    client.check()
    pages = list(client.pull(request(simulator)))
    list(client.pull(request(simulator, SyncKind.DELTA, pages[-1].cursor)))


def described_requests(
    exchanges: Sequence[Exchange], described: Callable[[str], Any]
) -> Iterator[tuple[Call, str, Any]]:
    """Each call that has a description, its query and the description."""
    for call, _ in exchanges:
        parts = urlsplit(call.path)
        found = described(parts.path)
        if found is not None:
            yield call, parts.query, found


def receive_webhooks(simulator: Any, *, days: int = 0, events: int) -> tuple[list[Any], int]:
    """The bodies that a new simulator sends and the number of its events; stops it."""
    with receiving() as receiver, simulator:
        sender = simulator.send_webhooks_to(receiver.url)
        happened = simulator.advance(days=days, events=events)
        assert sender.flush(WAIT_SECONDS)
    return receiver.bodies, len(happened)


def parse_webhooks(provider: Provider, bodies: Sequence[Any]) -> list[Notification]:
    return [provider.read_notification(orjson.dumps(body), hotel_context()) for body in bodies]


def check_webhooks_name_one_entity(simulator: Any, provider: Provider) -> list[Notification]:
    bodies, count = receive_webhooks(simulator, days=2, events=60)
    assert len(bodies) == count > 60
    notifications = parse_webhooks(provider, bodies)
    for notification in notifications:
        assert notification.refs
        assert notification.ignored == ()
    return notifications


def check_journal_restores_state(
    start_simulator: Callable[[Any], Any],
    journal: Path,
    *,
    state_of: Callable[[Any], Any] = lambda simulator: simulator.state()["states"],
    today_of: Callable[[Any], date] = lambda simulator: simulator.hotel.today,
    **more: Any,
) -> None:
    """The second simulator replays the journal of the first."""
    first = date(2027, 3, 26)
    options: Any = {"bookings": 40, "days": 2, "start_date": first, "journal": journal, **more}
    states = []
    for _ in range(2):
        simulator = start_simulator(SimulatorOptions(**options))
        states.append(state_of(simulator))
        today = today_of(simulator)
        simulator.stop()
    assert states[0] == states[1]
    assert today == first + timedelta(days=2)
