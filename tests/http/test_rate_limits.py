from datetime import timedelta

from adapters.inbound.rest.use_cases import RestOptions
from tests.http.http_harness import Caller, HttpHarness, is_problem
from tests.servers import ValkeyServer

RUNS = "/api/pms/sync/runs"


def limited(storage: str = "memory://") -> tuple[HttpHarness, Caller]:
    options = RestOptions(requests_per_minute=3, rate_limit_storage=storage)
    installation = HttpHarness(options=options)
    installation.hotel("alpha")
    installation.connection("alpha")
    return installation, installation.caller("alpha")


class TestRateLimit:
    def test_has_response_headers(self) -> None:
        _, caller = limited()
        response = caller.get(RUNS)
        assert response.headers["RateLimit-Policy"] == '"token";q=3;w=60'
        assert response.headers["RateLimit"] == '"token";r=2;t=60'

    def test_rejects_further_requests_until_the_window_ends(self) -> None:
        installation, caller = limited()
        installation.clock.advance(timedelta(seconds=20))
        assert [caller.get(RUNS).status_code for _ in range(4)] == [200, 200, 200, 429]
        response = caller.get(RUNS)
        is_problem(response, 429, "rate_limited")
        assert (response.headers["Retry-After"], response.headers["RateLimit"]) == (
            "40",
            '"token";r=0;t=40',
        )
        installation.clock.advance(timedelta(seconds=40))
        assert caller.get(RUNS).status_code == 200

    def test_counts_per_token(self) -> None:
        installation, caller = limited()
        other = installation.caller("alpha")
        for _ in range(4):
            caller.get(RUNS)
        assert other.get(RUNS).status_code == 200

    def test_does_not_apply_to_health_probes(self) -> None:
        installation, _ = limited()
        assert {installation.client.get("/healthz").status_code for _ in range(9)} == {200}

    def test_is_shared_by_all_processes(self, redis_url: str) -> None:
        installation, caller = limited(redis_url)
        other = HttpHarness(
            options=RestOptions(requests_per_minute=3, rate_limit_storage=redis_url),
            store=installation.store,
        )
        also = Caller(other.client, caller.token, caller.key, caller.token_id)
        sent = [c.get(RUNS).status_code for c in (caller, also, caller, also)]
        assert sent == [200, 200, 200, 429]

    def test_is_counted_per_process_while_the_store_is_down(
        self, redis_url: str, valkey_server: ValkeyServer
    ) -> None:
        installation, caller = limited(redis_url)
        assert caller.get(RUNS).status_code == 200
        valkey_server.stop()
        assert [caller.get(RUNS).status_code for _ in range(4)] == [200, 200, 200, 429]
        valkey_server.start()
        installation.clock.advance(timedelta(minutes=1))
        assert caller.get(RUNS).status_code == 200
