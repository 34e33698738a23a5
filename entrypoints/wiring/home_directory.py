"""The home folder: database, keys and logs of one machine, readable by its owner only."""

import os
import stat
from pathlib import Path
from typing import Final

_GROUP_AND_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_KNOWN_FILES: Final = ("secret_keys", "pms.sqlite3", "up.lock")


def ensure_private_home(home: Path) -> Path:
    """Creates the folder if it is missing. Restricts the rights of an existing one only if it is
    this user's and contains a file of ours."""
    home.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    status = home.stat()
    is_own = status.st_uid == os.geteuid() and any((home / name).exists() for name in _KNOWN_FILES)
    if is_own and status.st_mode & _GROUP_AND_OTHERS:
        home.chmod(stat.S_IMODE(status.st_mode) & ~_GROUP_AND_OTHERS)
    return home
