"""A new database per test, on each engine or on one."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from adapters.outbound.persistence.engine.waits import StoreWaits
from adapters.outbound.persistence.store import Store, open_store
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from domain.connection import Connection
from domain.hotel import Hotel
from ports.system import Sealer
from tests import builders


@pytest.fixture
def sealer() -> Sealer:
    return AesGcmSealer(Keyring.parse(new_key("k")))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded_url(request: pytest.FixtureRequest) -> str:
    """A database with the newest schema."""
    found: str = request.getfixturevalue(f"upgraded_{request.param}_url")
    return found


@pytest.fixture
def store(upgraded_url: str, sealer: Sealer) -> Iterator[Store]:
    with closing(
        open_store(upgraded_url, sealer=sealer, waits=StoreWaits(free_connection_seconds=60))
    ) as opened:
        yield opened


@pytest.fixture
def postgres(upgraded_postgres_url: str, sealer: Sealer) -> Iterator[Store]:
    with closing(
        open_store(
            upgraded_postgres_url, sealer=sealer, waits=StoreWaits(free_connection_seconds=60)
        )
    ) as opened:
        yield opened


@pytest.fixture
def hotel() -> Hotel:
    return builders.hotel()


@pytest.fixture
def connection(hotel: Hotel) -> Connection:
    return builders.connection(hotel)
