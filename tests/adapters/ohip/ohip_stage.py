"""A running simulator and clients of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.outbound.provider_kit.simulation.hotel_life import seeded_life
from adapters.outbound.provider_kit.simulation.hotel_records import TICKS
from adapters.outbound.providers.ohip import provider as make_provider
from adapters.outbound.providers.ohip.simulator import OhipSimulator
from domain.snapshots import BookingSnapshot
from domain.sync import SyncKind
from ports.providers import Account, Page, ProviderClient, PullRequest
from tests.adapters.mews.mews_payloads import SkippingClock, tools

LOOPBACK = frozenset({"127.0.0.1"})
SECRETS = ("app_key", "client_id", "client_secret")

Start = Callable[..., OhipSimulator]
Picture = dict[str, BookingSnapshot]


def made(bookings: int = 120, **options: Any) -> OhipSimulator:
    about_hotel = ("seed", "currency", "time_zone", "start_date")
    chosen = {name: options.pop(name) for name in about_hotel if name in options}
    return OhipSimulator(seeded_life(bookings=bookings, **chosen), **options)


def account(simulator: OhipSimulator, **settings: str) -> Account:
    values = {**simulator.connection_values(), **settings}
    return Account(
        connection_id=UUID(int=7),
        time_zone=simulator.hotel.time_zone,
        currency=simulator.hotel.currency,
        settings={name: value for name, value in values.items() if name not in SECRETS},
        secrets={name: values[name] for name in SECRETS},
        correlation_id="test",
    )


def now_of(simulator: OhipSimulator) -> datetime:
    return datetime.fromtimestamp(simulator.hotel.now // TICKS + 1, UTC)


@contextmanager
def opened(
    simulator: OhipSimulator, asked: Account | None = None, clock: SkippingClock | None = None
) -> Iterator[ProviderClient]:
    clock = clock or SkippingClock(now_of(simulator))
    provider = make_provider(tools(clock, allowed_hosts=LOOPBACK, plain_http=True))
    client = provider.open(asked or account(simulator))
    try:
        yield client
    finally:
        client.close()


def request(
    simulator: OhipSimulator,
    kind: SyncKind = SyncKind.FULL,
    cursor: str | None = None,
    checkpoint: str | None = None,
) -> PullRequest:
    return PullRequest(
        kind=kind,
        cursor=cursor,
        checkpoint=checkpoint,
        stay_from=simulator.hotel.today - timedelta(days=110),
        stay_to=simulator.hotel.today + timedelta(days=200),
    )


def picture_of(pages: list[Page]) -> Picture:
    found: Picture = {}
    for page in pages:
        for item in page.items:
            assert item.reason is None, item.reason
            if isinstance(item.snapshot, BookingSnapshot):
                found[item.snapshot.external_id] = item.snapshot
    return found


def pulled(simulator: OhipSimulator, asked: PullRequest, **settings: str) -> list[Page]:
    with opened(simulator, account(simulator, **settings)) as client:
        return list(client.pull(asked))


def ids_of(simulator: OhipSimulator) -> set[str]:
    return {one.external_id for one in simulator.truth()}


def without_secret(simulator: OhipSimulator, name: str) -> Account:
    asked = account(simulator)
    return replace(asked, secrets={k: v for k, v in asked.secrets.items() if k != name})
