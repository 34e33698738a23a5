"""Ends a process when its parent is killed; on Linux only, elsewhere without effect."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def set_parent_death_signal(parent: int) -> Callable[[], None]:
    """Returns a function to call in the child right after the fork, where no library may be loaded.

    The signal is SIGKILL: all processes end together, and one that shuts down in order would wait
    for a queue server that is gone. A kill loses no data.
    """
    if sys.platform != "linux":
        return _do_nothing
    libc = ctypes.CDLL(None, use_errno=True)

    def request_death_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return request_death_signal


def _do_nothing() -> None: ...
