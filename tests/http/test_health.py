from tests.http.http_harness import HttpHarness


class TestHealth:
    def test_liveness_needs_no_credentials(self, installation: HttpHarness) -> None:
        response = installation.client.get("/healthz")
        assert (response.status_code, response.get_json()) == (200, {"status": "ok"})

    def test_readiness_lists_the_parts(self, installation: HttpHarness) -> None:
        response = installation.client.get("/readyz")
        assert response.get_json() == {"status": "ready", "parts": {"store": "ok", "queue": "ok"}}

    def test_is_ready_while_the_queue_is_unavailable(self, installation: HttpHarness) -> None:
        installation.queue.is_up = False
        response = installation.client.get("/readyz")
        assert response.status_code == 200
        assert response.get_json()["parts"] == {"store": "ok", "queue": "queue_unavailable"}
