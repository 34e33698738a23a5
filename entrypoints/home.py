"""The home folder: bookings, keys and logs of one machine, for its owner only."""

import os
import stat
from pathlib import Path
from typing import Final

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OURS: Final = ("secret_keys", "pms.sqlite3", "up.lock")


def private_home(home: Path) -> Path:
    """Makes it where it is missing. One that we made with wider rights is closed; a folder of
    someone else, or one that holds nothing of ours, is left as it is."""
    home.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    found = home.stat()
    is_ours = found.st_uid == os.geteuid() and any((home / name).exists() for name in _OURS)
    if is_ours and found.st_mode & _OTHERS:
        home.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
    return home
