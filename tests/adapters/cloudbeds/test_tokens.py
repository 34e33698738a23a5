"""OAuth2 with refresh tokens, over real HTTP; what is replaced in use is kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.hotel_life import seeded_life
from adapters.outbound.providers.cloudbeds.simulator import CloudbedsSimulator
from adapters.outbound.providers.cloudbeds.simulator_api import Consent
from ports.errors import CredentialsRefused
from ports.system import Secrets
from tests.adapters.cloudbeds.test_client import account, opened
from tests.adapters.mews.mews_payloads import SkippingClock

TOKEN = "/api/v1.3/access_token"
ONCE = Consent("app", "hush-hush", "refresh-0", "", token_seconds=600, rotates=True)


class Vault:
    """ports.providers.SecretVault, of one connection."""

    def __init__(self, held: Secrets) -> None:
        self.held = dict(held)

    def read(self, connection_id: UUID) -> Secrets:
        return dict(self.held)

    def keep(self, connection_id: UUID, new: Secrets) -> None:
        self.held.update(new)


@pytest.fixture
def simulator() -> Iterator[CloudbedsSimulator]:
    with CloudbedsSimulator(seeded_life(bookings=10), consent=ONCE) as running:
        yield running


def asked(simulator: CloudbedsSimulator) -> int:
    return simulator.requests_served.get(TOKEN, 0)


class TestTokens:
    def test_are_asked_for_once(self, simulator: CloudbedsSimulator) -> None:
        with opened(simulator) as client:
            client.check()
            client.check()
        assert asked(simulator) == 1

    def test_are_asked_for_again_before_they_expire(self, simulator: CloudbedsSimulator) -> None:
        clock = SkippingClock(datetime.now(UTC))
        with opened(simulator, clock=clock) as client:
            client.check()
            clock.sleep(500)
            client.check()
            assert asked(simulator) == 1
            clock.sleep(60)
            client.check()
        assert asked(simulator) == 2

    def test_are_asked_for_again_when_they_were_withdrawn(
        self, simulator: CloudbedsSimulator
    ) -> None:
        vault = Vault(account(simulator).secrets)
        with opened(simulator, vault=vault) as client:
            client.check()
            simulator.expire_tokens()
            client.check()
        assert asked(simulator) == 2

    def test_survive_the_client_that_was_given_them(self, simulator: CloudbedsSimulator) -> None:
        vault = Vault(account(simulator).secrets)
        for _ in range(3):
            with opened(simulator, vault=vault) as client:
                client.check()
                simulator.expire_tokens()
                client.check()
        assert vault.held["refresh_token"] not in ("refresh-0", "")

    def test_are_taken_from_the_vault_by_the_next_client(
        self, simulator: CloudbedsSimulator
    ) -> None:
        vault = Vault(account(simulator).secrets)
        for _ in range(3):
            with opened(simulator, vault=vault) as client:
                client.check()
        assert asked(simulator) == 1

    def test_that_another_worker_replaced_are_found_in_the_vault(
        self, simulator: CloudbedsSimulator
    ) -> None:
        vault = Vault(account(simulator).secrets)
        with opened(simulator, vault=vault) as first, opened(simulator, vault=vault) as second:
            first.check()
            second.check()
            simulator.expire_tokens()
            first.check()
            second.check()
        assert asked(simulator) == 2

    def test_of_credentials_that_were_replaced_are_not_used(
        self, simulator: CloudbedsSimulator
    ) -> None:
        vault = Vault(account(simulator).secrets)
        with opened(simulator, vault=vault) as client:
            client.check()
        vault.keep(UUID(int=7), {"refresh_token": "of-another-consent"})
        changed = replace(account(simulator), secrets=vault.held)
        with opened(simulator, changed, vault=vault) as client, pytest.raises(CredentialsRefused):
            client.check()

    def test_without_a_vault_are_lost_with_the_client(self, simulator: CloudbedsSimulator) -> None:
        with opened(simulator) as client:
            client.check()
        with opened(simulator) as client, pytest.raises(CredentialsRefused):
            client.check()

    def test_are_not_given_for_wrong_credentials(self, simulator: CloudbedsSimulator) -> None:
        wrong = account(simulator, client_secret="wrong-hush")
        with opened(simulator, wrong) as client, pytest.raises(CredentialsRefused) as refused:
            client.check()
        assert "hush" not in f"{refused.value!r} {refused.value.details}"

    def test_that_are_refused_twice_are_refused(self, simulator: CloudbedsSimulator) -> None:
        simulator.faults.add(parse_fault("401,path=getHotels"))
        vault = Vault(account(simulator).secrets)
        with opened(simulator, vault=vault) as client, pytest.raises(CredentialsRefused):
            client.check()
        assert asked(simulator) == 2

    def test_that_do_not_come_the_first_time_are_asked_for_again(
        self, simulator: CloudbedsSimulator
    ) -> None:
        simulator.faults.add(parse_fault("503,times=2,path=access_token"))
        with opened(simulator) as client:
            client.check()
        assert asked(simulator) == 3
