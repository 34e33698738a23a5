"""Shared by the client tests of all vendors: running simulators, accounts, clients, pulls."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.simulation.hotel.activity import (
    ActivityGenerator,
    create_activity_generator,
)
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS
from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit
from domain.snapshots import BookingSnapshot, Snapshot
from domain.sync_run import SyncKind
from domain.values import DateRange
from ports.errors import CredentialsRefused
from ports.providers import Account, Page, Provider, ProviderClient, ProviderTools, PullRequest
from tests.providers.mews.payloads import SkippingClock, tools

LOOPBACK = frozenset({"127.0.0.1"})
HOTEL_OPTIONS = ("seed", "currency", "time_zone", "start_date")
DAYS_BACK = timedelta(days=110)

BookingsById = dict[str, BookingSnapshot]
Start = Callable[..., Any]
"""Creates and starts a vendor's simulator: `start(bookings=20, **options)`."""


class Running(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


Sim = TypeVar("Sim", bound=Running)


def simulated_hotel_activity(bookings: int, options: dict[str, Any]) -> ActivityGenerator:
    """Removes the hotel's options from `options`; the rest are the simulator's."""
    chosen = {name: options.pop(name) for name in HOTEL_OPTIONS if name in options}
    return create_activity_generator(bookings=bookings, **chosen)


@contextmanager
def start_simulators(make: Callable[..., Sim]) -> Iterator[Callable[..., Sim]]:
    """Returns a function that creates and starts simulators; they stop at the end."""
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


def simulators_fixture(make: Callable[..., Running]) -> Any:
    """The fixture `running` of a test module: see `start_simulators`."""

    @pytest.fixture(name="running")
    def running() -> Iterator[Start]:
        with start_simulators(make) as start:
            yield start

    return running


def start_limited(
    running: Start, requests: int, window_seconds: float
) -> tuple[Any, SkippingClock]:
    """A simulator with this rate limit, by the clock for its client."""
    clock = SkippingClock(datetime.now(UTC))
    limit = SimulatorRateLimit(requests, window_seconds, clock.monotonic)
    return running(bookings=20, limit=limit), clock


def account_of(
    values: Mapping[str, str],
    secrets: Collection[str],
    *,
    time_zone: str = "Europe/Berlin",
    currency: str = "EUR",
) -> Account:
    """An empty value removes the setting or secret."""
    present = {name: value for name, value in values.items() if value}
    return Account(
        connection_id=UUID(int=7),
        time_zone=time_zone,
        currency=currency,
        settings={name: value for name, value in present.items() if name not in secrets},
        secrets={name: value for name, value in present.items() if name in secrets},
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
    """Fails if an item was rejected."""
    items = [item for page in pages for item in page.items]
    assert [item.reason for item in items if item.reason] == []
    return [item.snapshot for item in items if item.snapshot is not None]


def mapped_bookings(pages: list[Page]) -> BookingsById:
    """By id, the last version of each; without rejected items."""
    items = [item for page in pages for item in page.items]
    found = [item.snapshot for item in items if isinstance(item.snapshot, BookingSnapshot)]
    return {snapshot.external_id: snapshot for snapshot in found}


def bookings_by_id(pages: list[Page]) -> BookingsById:
    return {s.external_id: s for s in read_snapshots(pages) if isinstance(s, BookingSnapshot)}


def expected_ids(simulator: Any) -> set[str]:
    return {booking.external_id for booking in simulator.expected_bookings()}


def rejected_credentials(opened: AbstractContextManager[ProviderClient]) -> str:
    """What the error of a check and the client show."""
    with opened as client, pytest.raises(CredentialsRefused) as rejected:
        client.check()
    return f"{rejected.value!r} {rejected.value.details} {client!r}"


@dataclass(frozen=True, kw_only=True)
class VendorClients:
    """Accounts, clients and pulls of one vendor's simulators."""

    make_provider: Callable[[ProviderTools], Provider]
    make_simulator: Callable[..., Any]
    secrets: Collection[str]
    bookings: int = 120
    """Of a simulated hotel, unless a test chooses."""
    days_ahead: int = 250
    reservations_path: str = ""
    """Part of the path of the vendor's reservation list, for faults."""
    has_hotel_account: bool = False
    """The account has the simulated hotel's time zone and currency."""

    def create_simulator(self, bookings: int | None = None, **options: Any) -> Any:
        count = self.bookings if bookings is None else bookings
        return self.make_simulator(simulated_hotel_activity(count, options), **options)

    def account(self, simulator: Any, **values: str) -> Account:
        hotel = simulator.hotel if self.has_hotel_account else None
        return account_of(
            {**simulator.connection_values(), **values},
            self.secrets,
            time_zone=hotel.time_zone if hotel else "Europe/Berlin",
            currency=hotel.currency if hotel else "EUR",
        )

    def clock(self, simulator: Any) -> SkippingClock:
        return SkippingClock(instant(simulator.hotel.now))

    def open(
        self,
        simulator: Any,
        account: Account | None = None,
        clock: SkippingClock | None = None,
        **more: Any,
    ) -> AbstractContextManager[ProviderClient]:
        clock = clock or self.clock(simulator)
        return open_client(self.make_provider, account or self.account(simulator), clock, **more)

    def request(self, simulator: Any, *asked: Any, **more: Any) -> PullRequest:
        options = {"ahead": self.days_ahead, **more}
        return pull_request(simulator.hotel.today, *asked, **options)

    def pull_pages(self, simulator: Any, asked: PullRequest | None = None) -> list[Page]:
        with self.open(simulator) as client:
            return list(client.pull(asked or self.request(simulator)))

    def pull_bookings(self, simulator: Any, asked: PullRequest) -> tuple[BookingsById, str | None]:
        """With the cursor of the last page."""
        pages = self.pull_pages(simulator, asked)
        return bookings_by_id(pages), pages[-1].cursor


TRANSIENT_FAULTS = [
    "500",
    "503,retry_after=1",
    "429,retry_after=2",
    "429,retry_after=missing",
    "408",
]
"""Faults that a client retries until they are over."""
NETWORK_FAULTS = ["stall,seconds=0", "truncated"]
