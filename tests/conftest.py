"""Servers for every tier: one of each per test process (so per xdist worker), started at first use.

A server that does not start fails the run; nothing is skipped.
"""

import gc
import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest

from adapters.outbound.persistence.engine import sqlite
from adapters.outbound.persistence.migrations import upgrade
from tests.reused_database import ReusedDatabase
from tests.servers import PostgresServer, ValkeyServer

# A busy machine must not fail a property: what is measured for speed lives in bench/.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """What was collected stays until the end; each full garbage collection visited all of it."""
    gc.freeze()


@pytest.fixture(autouse=True)
def logging_left_alone() -> Iterator[None]:
    """A command run in the test's process sets up the root logger; the next finds it as new."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers = handlers
    root.setLevel(level)  # unlike the attribute, also clears what loggers remember of it


@pytest.fixture(scope="session", autouse=True)
def product_pragmas() -> Iterator[Mapping[str, str | int]]:
    """Those of the product; in the tests, as with their PostgreSQL, a commit survives a killed
    process, but no crash of the machine."""
    product = dict(sqlite.PRAGMAS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sqlite.PRAGMAS, "synchronous", "off")
        yield product


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database of the test's own; wider scopes and clones: `postgres_server.database`."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def redis_url(valkey_server: ValkeyServer) -> str:
    """The worker's server, emptied, and running even if the test before left it stopped."""
    if not valkey_server.process.is_running:
        valkey_server.start()
    valkey_server.flush()
    return valkey_server.url()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'pms.sqlite3'}"


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema, for copying."""
    path = tmp_path_factory.mktemp("schema") / "empty.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def reused_postgres(postgres_server: PostgresServer) -> ReusedDatabase:
    return ReusedDatabase(postgres_server)


@pytest.fixture
def upgraded_sqlite_url(sqlite_url: str, empty_sqlite: Path) -> str:
    shutil.copy(empty_sqlite, sqlite_url.removeprefix("sqlite:///"))
    return sqlite_url


@pytest.fixture
def upgraded_postgres_url(reused_postgres: ReusedDatabase) -> str:
    return reused_postgres.emptied()
