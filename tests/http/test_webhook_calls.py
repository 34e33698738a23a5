import pytest

from adapters.inbound.rest.use_cases import RestOptions
from adapters.outbound.memory.providers import TRUST_HEADER
from ports.errors import StoreUnavailable
from tests.http.http_harness import HttpHarness, is_problem
from tests.http.test_ingest import MEBIBYTE, backlog


@pytest.fixture
def hook(installation: HttpHarness) -> str:
    _, key = installation.connection("beta", "scripted", name="hooked")
    return f"/api/pms/scripted/webhook/{key}"


class TestWebhook:
    @pytest.mark.parametrize("body", [b"", b"not json", b'{"Events": []}', b"\xff\x00"])
    def test_is_stored_and_acknowledged_whatever_its_body(
        self, installation: HttpHarness, hook: str, body: bytes
    ) -> None:
        response = installation.client.post(hook, data=body)
        assert (response.status_code, response.get_json()) == (200, {})
        assert (backlog(installation), len(installation.queue.jobs)) == (1, 1)

    def test_is_acknowledged_while_the_queue_is_down(
        self, installation: HttpHarness, hook: str
    ) -> None:
        installation.queue.is_up = False
        assert installation.client.post(hook, data=b"x").status_code == 200
        assert backlog(installation) == 1

    def test_with_a_wrong_key_is_not_found(self, installation: HttpHarness, hook: str) -> None:
        is_problem(installation.client.post(f"{hook}x", data=b"x"), 404, "connection_not_found")
        other = hook.replace("scripted", "canonical")
        is_problem(installation.client.post(other, data=b"x"), 404, "connection_not_found")
        unknown = hook.replace("scripted", "nobody")
        is_problem(installation.client.post(unknown, data=b"x"), 404, "unknown_provider")
        assert backlog(installation) == 0

    def test_is_rejected_without_the_vendor_s_authentication(
        self, installation: HttpHarness, hook: str
    ) -> None:
        response = installation.client.post(hook, data=b"x", headers={TRUST_HEADER: "forged"})
        is_problem(response, 401, "unauthenticated")
        assert backlog(installation) == 0

    def test_that_was_not_stored_gets_503_with_retry_after(
        self, installation: HttpHarness, hook: str
    ) -> None:
        installation.store.fail_next_commit(StoreUnavailable())
        response = installation.client.post(hook, data=b"x")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
        assert backlog(installation) == 0

    def test_key_is_in_no_log_and_no_response(
        self, installation: HttpHarness, hook: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        key = hook.rpartition("/")[2]
        responses = [
            installation.client.post(hook, data=b"x"),
            installation.client.post(f"{hook}wrong", data=b"x"),
            installation.client.get(hook),
            installation.client.post(f"{hook}/more"),
            installation.client.post(hook, data=b"x" * 6 * MEBIBYTE),
        ]
        texts = "".join(str(record.__dict__) for record in caplog.records)
        texts += "".join(response.get_data(as_text=True) for response in responses)
        assert [response.status_code for response in responses] == [200, 404, 405, 404, 413]
        assert key not in texts

    def test_is_not_rate_limited(self) -> None:
        installation = HttpHarness(options=RestOptions(requests_per_minute=1))
        installation.hotel("alpha")
        _, key = installation.connection("alpha", "scripted")
        sent = [
            installation.client.post(f"/api/pms/scripted/webhook/{key}", data=b"x").status_code
            for _ in range(20)
        ]
        assert sent == [200] * 20
