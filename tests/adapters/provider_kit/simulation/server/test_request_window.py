from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit


class TestSimulatorRateLimit:
    def test_allows_requests_again_after_the_window(self) -> None:
        now = [0.0]
        limit = SimulatorRateLimit(2, 30, lambda: now[0])
        assert [limit.wait_seconds("a") for _ in range(3)] == [0, 0, 30]
        now[0] = 29.5
        assert limit.wait_seconds("a") == 1
        assert limit.wait_seconds("b") == 0
        now[0] = 30.0
        assert limit.wait_seconds("a") == 0

    def test_allows_every_request_without_a_limit(self) -> None:
        limit = SimulatorRateLimit(None)
        assert {limit.wait_seconds("a") for _ in range(100)} == {0}
