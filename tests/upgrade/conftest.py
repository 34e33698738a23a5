"""The restored installation of version 0.1, upgraded, with today's code on top."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.persistence import migrations
from domain.connection import Connection
from domain.hotel import Hotel
from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import Settings
from tests.servers import PostgresServer, database_name
from tests.upgrade import old_installation
from tests.upgrade.old_installation import Engine

STOPPED_AT: Final = datetime(2026, 11, 27, 0, 30, tzinfo=UTC)
"""When version 0.1 was stopped; its leases have expired."""
UNREACHABLE_REDIS: Final = "redis://127.0.0.1:1"


@dataclass(frozen=True)
class UpgradedInstallation:
    engine: Engine
    container: Container

    @property
    def facts(self) -> Mapping[str, Any]:
        return old_installation.facts(self.engine)

    @property
    def url(self) -> str:
        return self.container.settings.database

    def hotels(self) -> list[Hotel]:
        return list(self.container.directory.hotels())

    def connections(self) -> dict[str, Connection]:
        """By `hotel/name`."""
        return {
            f"{hotel.slug}/{connection.name}": connection
            for hotel in self.hotels()
            for connection in self.container.directory.connections_of_hotel(hotel.id)
        }


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Engine:
    name: Engine = request.param
    return name


@pytest.fixture(scope="session")
def upgraded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The restored and upgraded database, for copying."""
    path = tmp_path_factory.mktemp("upgraded") / "pms.sqlite3"
    restore_and_upgrade("sqlite", f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def upgraded_postgres(postgres_server: PostgresServer) -> str:
    """The name of the restored and upgraded database, for cloning."""
    url = postgres_server.create_database()
    restore_and_upgrade("postgres", url)
    return database_name(url)


def restore_and_upgrade(engine: Engine, url: str) -> None:
    old_installation.restore_database(engine, url)
    assert migrations.current(url) == 3
    assert migrations.upgrade(url) == migrations.newest()


@pytest.fixture
def upgraded_url(engine: Engine, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the test's own."""
    if engine == "postgres":
        server = request.getfixturevalue("postgres_server")
        with server.database(request.getfixturevalue("upgraded_postgres")) as url:
            yield url
    else:
        url = request.getfixturevalue("sqlite_url")
        shutil.copy(request.getfixturevalue("upgraded_sqlite"), url.removeprefix("sqlite:///"))
        yield url


def settings_for(engine: Engine, url: str, home: Path, **others: Any) -> Settings:
    return Settings(
        home=home,
        database_url=url,
        secret_keys=old_installation.facts(engine)["secret_keys"],
        allowed_hosts=frozenset({"127.0.0.1"}),
        allow_plain_http=True,
        **others,
    )


@pytest.fixture
def upgraded(engine: Engine, upgraded_url: str, tmp_path: Path) -> Iterator[UpgradedInstallation]:
    settings = settings_for(engine, upgraded_url, tmp_path, redis_url=UNREACHABLE_REDIS)
    container = Container(
        settings, clock_override=FrozenClock(STOPPED_AT), queue_override=RecordingJobQueue()
    )
    with closing(container):
        yield UpgradedInstallation(engine, container)
