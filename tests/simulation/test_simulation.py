"""Short seeds of the simulation: a few days each, at every provider. See `python -m
tests.simulation --help`; `make campaign ARGS=simulation` runs 2,000 of them."""

import pytest

from tests.simulation.schedule import PROVIDERS, Schedule, generate_schedule, generate_year
from tests.simulation.shrink import minimize
from tests.simulation.simulate import simulate

SEEDS = range(200)


class TestSeed:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_breaks_no_invariant(self, seed: int) -> None:
        outcome = simulate(generate_schedule(seed))
        assert outcome.violation is None, (
            f"{outcome.violation}; shrink it: .venv/bin/python -m tests.simulation --seed {seed}"
        )

    @pytest.mark.parametrize("seed", range(len(PROVIDERS)))
    def test_replays_exactly(self, seed: int) -> None:
        schedule = generate_schedule(seed, turns=8)
        again = Schedule.from_json(schedule.to_json())
        assert simulate(schedule).trace == simulate(again).trace

    def test_covers_every_provider(self) -> None:
        simulated = {generate_schedule(seed).conditions.provider for seed in SEEDS}
        assert simulated == set(PROVIDERS)


class TestYear:
    def test_breaks_no_invariant(self) -> None:
        """With its days of summer time and their ends, its faults, and some hundred syncs."""
        outcome = simulate(generate_year(1, provider="apaleo"))
        assert outcome.violation is None

    @pytest.mark.slow
    @pytest.mark.parametrize("provider", PROVIDERS)
    def test_breaks_no_invariant_at(self, provider: str) -> None:
        assert simulate(generate_year(2, provider=provider)).violation is None


class TestShrinking:
    def test_keeps_what_the_failure_needs(self) -> None:
        def fails(numbers: object) -> bool:
            return {3, 11} <= set(numbers)  # type: ignore[call-overload]  # a list of numbers

        assert minimize(range(40), fails) == [3, 11]
