import logging
from datetime import timedelta

import pytest

from adapters.inbound.rest.sign_in_throttle import PER_ADDRESS, PER_KEY
from tests.http.http_harness import Caller, HttpHarness, is_problem
from tests.http.ota_sender import NAMESPACE, PASSWORD, PATH, alpinebits_harness

READ = "/api/pms/connections"
PING = f'<OTA_PingRQ xmlns="{NAMESPACE}"/>'


@pytest.fixture
def installation() -> HttpHarness:
    return alpinebits_harness()


def fail(installation: HttpHarness, times: int, address: str = "192.0.2.1") -> list[int]:
    headers = {"Authorization": f"Bearer pmst_{'0' * 32}_wrong", "X-PMS-Provider-Key": "wrong"}
    return [
        installation.client.get(
            READ, headers=headers, environ_overrides={"REMOTE_ADDR": address}
        ).status_code
        for _ in range(times)
    ]


class TestAddress:
    def test_is_told_to_wait_after_too_many_failures(self, installation: HttpHarness) -> None:
        assert set(fail(installation, PER_ADDRESS)) == {401}
        headers = {"Authorization": "Bearer x"}
        overrides = {"REMOTE_ADDR": "192.0.2.1"}
        refused = installation.client.get(READ, headers=headers, environ_overrides=overrides)
        is_problem(refused, 429, "rate_limited")
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert fail(installation, 1, address="192.0.2.2") == [401]

    def test_of_a_webhook_with_a_wrong_key_is_counted(self, installation: HttpHarness) -> None:
        path = "/api/pms/scripted/webhook/guessed"
        statuses = [installation.client.post(path).status_code for _ in range(PER_ADDRESS + 1)]
        assert statuses == [404] * PER_ADDRESS + [503]

    def test_is_forgiven_in_the_next_minute(self, installation: HttpHarness) -> None:
        fail(installation, PER_ADDRESS + 1)
        installation.clock.advance(timedelta(minutes=1))
        assert fail(installation, 1) == [401]

    def test_with_right_credentials_is_never_refused(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        fail(installation, PER_ADDRESS + 10, address="127.0.0.1")
        assert alpha.get(READ).status_code in (200, 403)

    def test_is_logged_a_few_times_with_the_token_s_id(
        self, installation: HttpHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, "pms.rest")
        fail(installation, 30)
        failures = [r for r in caplog.records if r.getMessage() == "sign_in_failed"]
        assert len(failures) == 10
        assert vars(failures[0])["address"] == "192.0.2.1"
        assert vars(failures[0])["token_id"] == "0" * 32
        assert "wrong" not in str([vars(r) for r in failures])


class TestPassword:
    def test_cannot_be_guessed_at_speed(self, installation: HttpHarness) -> None:
        _, key = installation.connection(
            "alpha", "alpinebits", name="ota", password=PASSWORD, hotel_code="123"
        )

        def send(password: str, address: str) -> int:
            return installation.client.post(
                PATH,
                data=PING,
                content_type="text/xml",
                auth=(key, password),
                environ_overrides={"REMOTE_ADDR": address},
            ).status_code

        guesses = [send("wrong", f"192.0.2.{n}") for n in range(PER_KEY)]
        assert set(guesses) == {401}
        assert send(PASSWORD, "198.51.100.1") == 429
        installation.clock.advance(timedelta(minutes=1))
        assert send(PASSWORD, "198.51.100.1") == 200
