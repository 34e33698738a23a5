"""Waits for child processes, with a deadline."""

import time
import urllib.request
from collections.abc import Callable
from urllib.error import URLError

from domain.errors import ErrorKind, PmsError
from entrypoints.local.child_processes import ChildProcesses


class WaitTimedOut(PmsError, code="wait_timed_out", kind=ErrorKind.UNAVAILABLE):
    """A condition was not met in time; see the logs in the home folder."""


def wait_until(
    condition: Callable[[], bool], children: ChildProcesses, *, seconds: float, description: str
) -> None:
    """Raises ChildProcessExited, WaitTimedOut."""
    deadline = time.monotonic() + seconds
    while not condition():
        children.require_running()
        if time.monotonic() > deadline:
            raise WaitTimedOut(
                f"{description} did not answer within {seconds:g} seconds; see var/logs"
            )
        time.sleep(0.1)  # noqa: TID251  # waits for other processes, not for the domain's clock


def is_answering(url: str) -> bool:
    """Whether a loopback URL answers 200 within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # http on loopback
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False
