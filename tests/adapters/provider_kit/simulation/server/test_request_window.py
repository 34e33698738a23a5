from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit


class TestSlidingWindow:
    def test_lets_through_again_as_it_slides(self) -> None:
        now = [0.0]
        limit = SimulatorRateLimit(2, 30, lambda: now[0])
        assert [limit.wait_seconds("a") for _ in range(3)] == [0, 0, 30]
        now[0] = 29.5
        assert limit.wait_seconds("a") == 1
        assert limit.wait_seconds("b") == 0
        now[0] = 30.0
        assert limit.wait_seconds("a") == 0

    def test_without_a_number_lets_everything_through(self) -> None:
        limit = SimulatorRateLimit(None)
        assert {limit.wait_seconds("a") for _ in range(100)} == {0}
