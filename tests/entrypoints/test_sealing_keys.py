from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from adapters.outbound.security.sealing import Keyring
from entrypoints.wiring.sealing_keys import load_sealing_keys
from entrypoints.wiring.settings import Environment, Settings
from ports.errors import Misconfigured

PROCESSES = 6
HOMES = 120


class _Rendezvous:
    """Lets the processes of a pool begin each round together."""

    barrier = None

    @classmethod
    def join(cls, barrier: object) -> None:
        cls.barrier = barrier


def _load_keys_at_once(homes: list[Path]) -> list[str]:
    """The keys that this process reads in each home, each as soon as all processes are there."""
    barrier = _Rendezvous.barrier
    assert barrier is not None
    keys = []
    for home in homes:
        barrier.wait(60)
        keys.append(load_sealing_keys(Settings(home=home)))
    return keys


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


class TestSealingKeys:
    def test_are_the_same_for_all_processes_of_a_first_start(self, tmp_path: Path) -> None:
        homes = [tmp_path / str(number) for number in range(HOMES)]
        context = get_context("spawn")
        barrier = context.Barrier(PROCESSES)
        with ProcessPoolExecutor(
            PROCESSES, mp_context=context, initializer=_Rendezvous.join, initargs=(barrier,)
        ) as pool:
            loaded = list(pool.map(_load_keys_at_once, [homes] * PROCESSES))
        for home, keys in zip(homes, zip(*loaded, strict=True), strict=True):
            assert len(set(keys)) == 1
            assert Keyring.parse(keys[0]).newest == "dev1"
            assert [path.name for path in home.iterdir()] == ["secret_keys"]

    def test_of_a_second_start_are_those_of_the_first(self, settings: Settings) -> None:
        keys = load_sealing_keys(settings)
        assert load_sealing_keys(settings) == keys
        assert (settings.home / "secret_keys").stat().st_mode & 0o777 == 0o600

    def test_error_names_an_empty_file(self, settings: Settings) -> None:
        settings.home.mkdir()
        (settings.home / "secret_keys").touch()
        with pytest.raises(Misconfigured, match="secret_keys is empty; delete it"):
            load_sealing_keys(settings)

    def test_of_production_are_never_created(self, settings: Settings) -> None:
        production = Settings(home=settings.home, env=Environment.PRODUCTION)
        with pytest.raises(Misconfigured, match="PMS_SECRET_KEYS"):
            load_sealing_keys(production)
        assert not settings.home.exists()
