"""A running simulator and clients of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.outbound.providers.ohip import provider as make_provider
from adapters.outbound.providers.ohip.simulator import OhipSimulator
from ports.providers import Account, Page, ProviderClient, PullRequest
from tests.adapters.client_stage import account_of, asking, instant, neutral_life, opened_with
from tests.adapters.mews.mews_payloads import SkippingClock

SECRETS = ("app_key", "client_id", "client_secret")

Start = Callable[..., OhipSimulator]


def made(bookings: int = 60, **options: Any) -> OhipSimulator:
    return OhipSimulator(neutral_life(bookings, options), **options)


def account(simulator: OhipSimulator, **values: str) -> Account:
    hotel = simulator.hotel
    said = {**simulator.connection_values(), **values}
    return account_of(said, SECRETS, time_zone=hotel.time_zone, currency=hotel.currency)


def now_of(simulator: OhipSimulator) -> datetime:
    return instant(simulator.hotel.now) + timedelta(seconds=1)


def opened(
    simulator: OhipSimulator, asked: Account | None = None, clock: SkippingClock | None = None
) -> AbstractContextManager[ProviderClient]:
    clock = clock or SkippingClock(now_of(simulator))
    return opened_with(make_provider, asked or account(simulator), clock)


def request(simulator: OhipSimulator, *asked: Any, **named: Any) -> PullRequest:
    return asking(simulator.hotel.today, *asked, **named, ahead=200)


def pulled(simulator: OhipSimulator, asked: PullRequest, **settings: str) -> list[Page]:
    with opened(simulator, account(simulator, **settings)) as client:
        return list(client.pull(asked))


def ids_of(simulator: OhipSimulator) -> set[str]:
    return {one.external_id for one in simulator.truth()}


def without_secret(simulator: OhipSimulator, name: str) -> Account:
    asked = account(simulator)
    return replace(asked, secrets={k: v for k, v in asked.secrets.items() if k != name})
