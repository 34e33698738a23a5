"""A new database per test, on each engine or on one."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from adapters.outbound.persistence import migrations
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


@pytest.fixture
def store(url: str, sealer: Sealer) -> Iterator[Store]:
    migrations.upgrade(url)
    with closing(open_store(url, sealer=sealer, pool_wait_seconds=60)) as opened:
        yield opened


@pytest.fixture
def postgres(postgres_url: str, sealer: Sealer) -> Iterator[Store]:
    migrations.upgrade(postgres_url)
    with closing(open_store(postgres_url, sealer=sealer, pool_wait_seconds=60)) as opened:
        yield opened


@pytest.fixture
def hotel() -> Hotel:
    return builders.hotel()


@pytest.fixture
def connection(hotel: Hotel) -> Connection:
    return builders.connection(hotel)
