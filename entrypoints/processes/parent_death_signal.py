"""A process that ends when its parent is killed; on Linux only, elsewhere nothing happens."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def set_parent_death_signal(parent: int) -> Callable[[], None]:
    """To be called in the child right after the fork, where nothing may be loaded any more.

    By SIGKILL: all end at once then, and what waits for the queue's server in order to end well
    would wait for ever. A kill loses nothing.
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
