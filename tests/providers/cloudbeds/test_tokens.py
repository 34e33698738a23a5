"""OAuth2 with refresh tokens, over real HTTP; what is replaced in use is kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.providers.cloudbeds.simulator.api import SimulatedConsent
from adapters.outbound.providers.cloudbeds.simulator.server import CloudbedsSimulator
from ports.errors import CredentialsRefused
from ports.system import Secrets
from tests.providers.client_harness import rejected_credentials
from tests.providers.cloudbeds.test_client import account, open_vendor_client
from tests.providers.mews.payloads import SkippingClock

TOKEN = "/api/v1.3/access_token"
ONCE = SimulatedConsent("app", "hush-hush", "refresh-0", "", token_seconds=600, rotates=True)


class OneCredentialStore:
    """ports.providers.CredentialStore, of one connection."""

    def __init__(self, held: Secrets) -> None:
        self.held = dict(held)

    def read(self, connection_id: UUID) -> Secrets:
        return dict(self.held)

    def update(self, connection_id: UUID, new: Secrets) -> None:
        self.held.update(new)


@pytest.fixture
def simulator() -> Iterator[CloudbedsSimulator]:
    with CloudbedsSimulator(create_activity_generator(bookings=10), credentials=ONCE) as running:
        yield running


@pytest.fixture
def credential_store(simulator: CloudbedsSimulator) -> OneCredentialStore:
    return OneCredentialStore(account(simulator).secrets)


def asked(simulator: CloudbedsSimulator) -> int:
    return simulator.requests_served.get(TOKEN, 0)


def check_once(simulator: CloudbedsSimulator, credential_store: OneCredentialStore) -> None:
    with open_vendor_client(simulator, credential_store=credential_store) as client:
        client.check()


class TestTokens:
    def test_requests_token_once(self, simulator: CloudbedsSimulator) -> None:
        with open_vendor_client(simulator) as client:
            client.check()
            client.check()
        assert asked(simulator) == 1

    def test_renews_token_before_expiry(self, simulator: CloudbedsSimulator) -> None:
        clock = SkippingClock(datetime.now(UTC))
        with open_vendor_client(simulator, clock=clock) as client:
            client.check()
            clock.sleep(500)
            client.check()
            assert asked(simulator) == 1
            clock.sleep(60)
            client.check()
        assert asked(simulator) == 2

    def test_requests_new_token_after_revocation(
        self, simulator: CloudbedsSimulator, credential_store: OneCredentialStore
    ) -> None:
        with open_vendor_client(simulator, credential_store=credential_store) as client:
            client.check()
            simulator.expire_tokens()
            client.check()
        assert asked(simulator) == 2

    def test_that_rotate_are_stored_for_the_next_client(
        self, simulator: CloudbedsSimulator, credential_store: OneCredentialStore
    ) -> None:
        for _ in range(3):
            with open_vendor_client(simulator, credential_store=credential_store) as client:
                client.check()
                simulator.expire_tokens()
                client.check()
        assert credential_store.held["refresh_token"] not in ("refresh-0", "")

    def test_are_read_from_the_store_by_the_next_client(
        self, simulator: CloudbedsSimulator, credential_store: OneCredentialStore
    ) -> None:
        for _ in range(3):
            check_once(simulator, credential_store)
        assert asked(simulator) == 1

    def test_that_another_worker_replaced_are_read_from_the_store(
        self, simulator: CloudbedsSimulator, credential_store: OneCredentialStore
    ) -> None:
        with (
            open_vendor_client(simulator, credential_store=credential_store) as first,
            open_vendor_client(simulator, credential_store=credential_store) as second,
        ):
            first.check()
            second.check()
            simulator.expire_tokens()
            first.check()
            second.check()
        assert asked(simulator) == 2

    def test_of_credentials_that_were_replaced_are_not_used(
        self, simulator: CloudbedsSimulator, credential_store: OneCredentialStore
    ) -> None:
        check_once(simulator, credential_store)
        credential_store.update(UUID(int=7), {"refresh_token": "of-another-consent"})
        changed = replace(account(simulator), secrets=credential_store.held)
        with (
            open_vendor_client(simulator, changed, credential_store=credential_store) as client,
            pytest.raises(CredentialsRefused),
        ):
            client.check()

    def test_without_a_store_are_lost_with_the_client(self, simulator: CloudbedsSimulator) -> None:
        with open_vendor_client(simulator) as client:
            client.check()
        with open_vendor_client(simulator) as client, pytest.raises(CredentialsRefused):
            client.check()

    def test_rejects_wrong_credentials(self, simulator: CloudbedsSimulator) -> None:
        wrong = account(simulator, client_secret="wrong-hush")
        assert "hush" not in rejected_credentials(open_vendor_client(simulator, wrong))

    def test_fails_when_renewed_token_is_rejected(
        self, simulator: CloudbedsSimulator, credential_store: OneCredentialStore
    ) -> None:
        simulator.faults.add(parse_fault("401,path=getHotels"))
        with (
            open_vendor_client(simulator, credential_store=credential_store) as client,
            pytest.raises(CredentialsRefused),
        ):
            client.check()
        assert asked(simulator) == 2

    def test_are_requested_again_after_an_outage(self, simulator: CloudbedsSimulator) -> None:
        simulator.faults.add(parse_fault("503,times=2,path=access_token"))
        with open_vendor_client(simulator) as client:
            client.check()
        assert asked(simulator) == 3
