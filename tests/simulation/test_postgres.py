"""The same schedules over PostgreSQL."""

from contextlib import closing

import pytest

from adapters.outbound.persistence.store import open_store
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from tests.simulation.schedule import PROVIDERS, generate_schedule
from tests.simulation.simulate import simulate


class TestSeed:
    @pytest.mark.parametrize("seed", range(len(PROVIDERS)))
    def test_has_the_same_commits_as_in_memory(self, upgraded_postgres_url: str, seed: int) -> None:
        schedule = generate_schedule(seed, turns=10)
        sealer = AesGcmSealer(Keyring.parse(new_key("k")))
        with closing(open_store(upgraded_postgres_url, sealer=sealer)) as store:
            outcome = simulate(schedule, store=store)
        assert outcome.violation is None
        assert outcome.trace == simulate(schedule).trace
