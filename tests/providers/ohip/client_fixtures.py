"""A running simulator and clients of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.outbound.providers.ohip import provider as make_provider
from adapters.outbound.providers.ohip.simulator.server import OhipSimulator
from ports.providers import Account, Page, ProviderClient, PullRequest
from tests.providers.client_harness import (
    account_of,
    instant,
    open_client,
    pull_request,
    simulated_hotel_activity,
)
from tests.providers.mews.payloads import SkippingClock

SECRETS = ("app_key", "client_id", "client_secret")

Start = Callable[..., OhipSimulator]


def create_simulator(bookings: int = 60, **options: Any) -> OhipSimulator:
    return OhipSimulator(simulated_hotel_activity(bookings, options), **options)


def account(simulator: OhipSimulator, **values: str) -> Account:
    hotel = simulator.hotel
    payload = {**simulator.connection_values(), **values}
    return account_of(payload, SECRETS, time_zone=hotel.time_zone, currency=hotel.currency)


def now_of(simulator: OhipSimulator) -> datetime:
    return instant(simulator.hotel.now) + timedelta(seconds=1)


def open_vendor_client(
    simulator: OhipSimulator, asked: Account | None = None, clock: SkippingClock | None = None
) -> AbstractContextManager[ProviderClient]:
    clock = clock or SkippingClock(now_of(simulator))
    return open_client(make_provider, asked or account(simulator), clock)


def request(simulator: OhipSimulator, *asked: Any, **named: Any) -> PullRequest:
    return pull_request(simulator.hotel.today, *asked, **named, ahead=200)


def pull_pages(simulator: OhipSimulator, asked: PullRequest, **settings: str) -> list[Page]:
    with open_vendor_client(simulator, account(simulator, **settings)) as client:
        return list(client.pull(asked))


def ids_of(simulator: OhipSimulator) -> set[str]:
    return {one.external_id for one in simulator.expected_bookings()}


def without_secret(simulator: OhipSimulator, name: str) -> Account:
    asked = account(simulator)
    return replace(asked, secrets={k: v for k, v in asked.secrets.items() if k != name})
