"""Temporary PostgreSQL, Valkey and migrated database for one benchmark."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import Settings, inherited_environment, settings_to_environment
from tests.servers import QUICK, PostgresServer, ValkeyServer, free_port

DURABLE: Final = ("fsync=on", "full_page_writes=on", "shared_buffers=256MB", "max_wal_size=4GB")
"""As in production: a commit returns when it is on disk."""


@contextmanager
def bench_servers(*, durable: bool) -> Iterator[tuple[PostgresServer, ValkeyServer]]:
    with (
        PostgresServer(DURABLE if durable else QUICK) as postgres,
        ValkeyServer() as valkey,
    ):
        yield postgres, valkey


@contextmanager
def bench_installation(*, durable: bool) -> Iterator[Container]:
    with (
        bench_servers(durable=durable) as (postgres, valkey),
        installation_on(postgres, valkey) as container,
    ):
        yield container


@contextmanager
def installation_on(postgres: PostgresServer, valkey: ValkeyServer) -> Iterator[Container]:
    """With a new database and its schema."""
    with ExitStack() as cleanup:
        home = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="pms-bench-")))
        settings = replace(
            Settings(),
            home=home,
            database_url=postgres.create_database(),
            redis_url=valkey.url(),
            log_level="WARNING",
            port=free_port(),
            # Rate limits are not measured; each request is still counted.
            requests_per_minute=10_000_000,
            allowed_hosts=frozenset({"127.0.0.1"}),
            allow_plain_http=True,
        )
        container = Container(settings)
        cleanup.callback(container.close)
        container.store.upgrade()
        yield container


@contextmanager
def module_process(
    module: str, *arguments: str, settings: Settings | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Runs a module of this project as a process; ends it by its id."""
    environment = inherited_environment() | (settings_to_environment(settings) if settings else {})
    command = [sys.executable, "-m", module, *arguments]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout:
            child.stdout.close()


def read_first_line(child: subprocess.Popen[str]) -> str:
    out: IO[str] | None = child.stdout
    line = out.readline() if out else ""
    if not line:
        raise SystemExit(f"{child.args!r} ended with code {child.wait()} before it was ready")
    return line
