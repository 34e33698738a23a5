from tests.http.http_harness import HttpHarness


class TestHealth:
    def test_is_alive_without_credentials(self, installation: HttpHarness) -> None:
        answer = installation.client.get("/healthz")
        assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})

    def test_is_ready_part_by_part(self, installation: HttpHarness) -> None:
        answer = installation.client.get("/readyz")
        assert answer.get_json() == {"status": "ready", "parts": {"store": "ok", "queue": "ok"}}

    def test_is_ready_without_a_queue_and_says_so(self, installation: HttpHarness) -> None:
        installation.queue.is_up = False
        answer = installation.client.get("/readyz")
        assert answer.status_code == 200
        assert answer.get_json()["parts"] == {"store": "ok", "queue": "queue_unavailable"}
