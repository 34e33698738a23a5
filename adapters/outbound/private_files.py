"""Files that only their owner can read, whatever the umask is."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_OWNER_FILE: Final = stat.S_IRUSR | stat.S_IWUSR
_GROUP_AND_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def open_private(path: str | Path, flags: int) -> int:
    """The `opener` of `open`: a new file is created for its owner only."""
    return os.open(path, flags, _OWNER_FILE)


def create_private(path: Path) -> None:
    """Creates an empty file for its owner only; does nothing if there is one."""
    with suppress(FileExistsError):
        os.close(open_private(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def is_private(path: Path) -> bool:
    return not path.stat().st_mode & _GROUP_AND_OTHERS


def make_private(path: Path) -> None:
    """Takes the rights of all others away, if the file or folder is this user's."""
    status = path.lstat()
    is_wide = status.st_mode & _GROUP_AND_OTHERS and not stat.S_ISLNK(status.st_mode)
    if is_wide and status.st_uid == os.geteuid():
        path.chmod(stat.S_IMODE(status.st_mode) & ~_GROUP_AND_OTHERS)
