"""What the tests of every vendor's client share: a running simulator, a client of it, what it is
asked and what it brought."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from adapters.outbound.provider_kit.simulation.hotel.activity import (
    ActivityGenerator,
    create_activity_generator,
)
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS
from domain.snapshots import BookingSnapshot, Snapshot
from domain.sync_run import SyncKind
from domain.values import DateRange
from ports.providers import Account, Page, Provider, ProviderClient, ProviderTools, PullRequest
from tests.providers.mews.payloads import SkippingClock, tools

LOOPBACK = frozenset({"127.0.0.1"})
HOTEL_OPTIONS = ("seed", "currency", "time_zone", "start_date")
DAYS_BACK = timedelta(days=110)

BookingsById = dict[str, BookingSnapshot]


class Running(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


Sim = TypeVar("Sim", bound=Running)


def simulated_hotel_activity(bookings: int, options: dict[str, Any]) -> ActivityGenerator:
    """Takes what is about the hotel out of the options; the others are the simulator's."""
    chosen = {name: options.pop(name) for name in HOTEL_OPTIONS if name in options}
    return create_activity_generator(bookings=bookings, **chosen)


@contextmanager
def start_simulators(make: Callable[..., Sim]) -> Iterator[Callable[..., Sim]]:
    """A function that makes and starts simulators; they stop when the test is over."""
    started: list[Sim] = []

    def start(*bookings: int, **options: Any) -> Sim:
        simulator = make(*bookings, **options)
        simulator.start()
        started.append(simulator)
        return simulator

    try:
        yield start
    finally:
        for simulator in started:
            simulator.stop()


def account_of(
    values: Mapping[str, str],
    secrets: Collection[str],
    *,
    time_zone: str = "Europe/Berlin",
    currency: str = "EUR",
) -> Account:
    """A value of "" takes one out."""
    read_snapshots = {name: value for name, value in values.items() if value}
    return Account(
        connection_id=UUID(int=7),
        time_zone=time_zone,
        currency=currency,
        settings={name: value for name, value in read_snapshots.items() if name not in secrets},
        secrets={name: value for name, value in read_snapshots.items() if name in secrets},
        correlation_id="test",
    )


@contextmanager
def open_client(
    make_provider: Callable[[ProviderTools], Provider],
    account: Account,
    clock: SkippingClock,
    **more: Any,
) -> Iterator[ProviderClient]:
    given = tools(clock, allowed_hosts=LOOPBACK, plain_http=True, **more)
    client = make_provider(given).open(account)
    try:
        yield client
    finally:
        client.close()


def instant(ticks: int) -> datetime:
    return datetime.fromtimestamp(ticks // TICKS, UTC)


def pull_request(
    today: date,
    kind: SyncKind = SyncKind.FULL,
    cursor: str | None = None,
    checkpoint: str | None = None,
    *,
    ahead: int = 250,
) -> PullRequest:
    return PullRequest(
        kind=kind,
        cursor=cursor,
        checkpoint=checkpoint,
        window=DateRange(today - DAYS_BACK, today + timedelta(days=ahead)),
    )


def read_snapshots(pages: list[Page]) -> list[Snapshot]:
    """All that could be read, which is all."""
    items = [item for page in pages for item in page.items]
    assert [item.reason for item in items if item.reason] == []
    return [item.snapshot for item in items if item.snapshot is not None]


def bookings_by_id(pages: list[Page]) -> BookingsById:
    return {s.external_id: s for s in read_snapshots(pages) if isinstance(s, BookingSnapshot)}


TRANSIENT_FAULTS = [
    "500",
    "503,retry_after=1",
    "429,retry_after=2",
    "429,retry_after=missing",
    "408",
]
"""Faults that a client waits out."""
NETWORK_FAULTS = ["stall,seconds=0", "truncated"]
