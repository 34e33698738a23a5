"""A running simulator and clients of it."""

from dataclasses import replace
from datetime import datetime, timedelta

from adapters.outbound.providers.ohip import provider as make_provider
from adapters.outbound.providers.ohip.simulator.server import OhipSimulator
from ports.providers import Account, Page, PullRequest
from tests.providers.client_harness import VendorClients, expected_ids, instant
from tests.providers.mews.payloads import SkippingClock


class OhipClients(VendorClients):
    def clock(self, simulator: OhipSimulator) -> SkippingClock:
        return SkippingClock(now_of(simulator))


def now_of(simulator: OhipSimulator) -> datetime:
    return instant(simulator.hotel.now) + timedelta(seconds=1)


CLIENTS = OhipClients(
    make_provider=make_provider,
    make_simulator=OhipSimulator,
    secrets=("app_key", "client_id", "client_secret"),
    bookings=60,
    days_ahead=200,
    reservations_path="rsv",
    has_hotel_account=True,
)
create_simulator, account = CLIENTS.create_simulator, CLIENTS.account
open_vendor_client, request = CLIENTS.open, CLIENTS.request
ids_of = expected_ids


def pull_pages(simulator: OhipSimulator, asked: PullRequest, **settings: str) -> list[Page]:
    with open_vendor_client(simulator, account(simulator, **settings)) as client:
        return list(client.pull(asked))


def without_secret(simulator: OhipSimulator, name: str) -> Account:
    asked = account(simulator)
    return replace(asked, secrets={k: v for k, v in asked.secrets.items() if k != name})
