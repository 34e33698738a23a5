"""The home folder: database, keys and logs of one machine, readable by its owner only."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from adapters.outbound.private_files import make_private
from ports.errors import Misconfigured

_MAX_SOCKET_PATH: Final = 100
"""sockaddr_un has room for 104 (macOS) to 108 (Linux) bytes."""
_KNOWN_FILES: Final = ("secret_keys", "pms.sqlite3", "up.lock")
_OUR_FILES: Final = (
    *_KNOWN_FILES,
    *("pms.sqlite3-*", "demo.json", "events.jsonl", "simulated-*.journal", "valkey.sock"),
    *("logs", "logs/*.log"),
)
"""Patterns; other files in the folder are not touched."""


def ensure_private_home(home: Path) -> Path:
    """Creates the folder if it is missing. Restricts the rights of an existing one, and of our
    files in it, only if it is this user's and contains a file of ours. Raises Misconfigured where
    no file can be created."""
    with translate_home_errors(home):
        home.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        status = home.stat()
        is_own = status.st_uid == os.geteuid() and any(
            (home / name).exists() for name in _KNOWN_FILES
        )
        if is_own:
            for path in (home, *(each for name in _OUR_FILES for each in home.glob(name))):
                with suppress(FileNotFoundError):
                    make_private(path)
        with tempfile.TemporaryFile(dir=home):
            return home


@contextmanager
def translate_home_errors(home: Path) -> Iterator[None]:
    """Raises Misconfigured, which names the setting, for any file error in the block."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"PMS_HOME: {home} can't be used: {reason}; choose a folder that you can write"
        raise Misconfigured(message) from error


def require_socket_path(socket: Path) -> None:
    """Raises Misconfigured if the system can't open a socket with so long a path."""
    if len(os.fsencode(socket)) > _MAX_SOCKET_PATH:
        raise Misconfigured(
            f"PMS_HOME: the path is too long for a socket; choose a shorter one: {socket.parent}"
        )


def create_private_file(path: Path, text: str) -> None:
    """Creates the file with its full content; does nothing if it exists. Safe for any number of
    processes at once: a reader finds no file or the full one."""
    with _written_beside(path, text) as temporary, suppress(FileExistsError):
        os.link(temporary, path)


def replace_private_file(path: Path, text: str) -> None:
    """Replaces the file atomically or creates it."""
    with _written_beside(path, text) as temporary:
        temporary.replace(path)


@contextmanager
def _written_beside(path: Path, text: str) -> Iterator[Path]:
    """A temporary file in the same folder, flushed to the disk; afterwards the folder is."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
