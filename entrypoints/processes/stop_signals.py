"""The end of a process after SIGTERM or SIGINT."""

import logging
import os
import signal
from threading import Event, Timer
from typing import Final

log = logging.getLogger(__name__)

STOP_SECONDS: Final = 25
"""Supervisors usually kill a process 30 seconds after SIGTERM."""


def stop_on_signals() -> Event:
    """SIGTERM and SIGINT set the returned event from now on."""
    stop_requested = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop_requested.set())
    return stop_requested


def exit_after_deadline() -> None:
    """Ends this process after STOP_SECONDS if it is still there: it may wait for a long job, or for
    Redis without limit. A kill loses no data."""
    timer = Timer(STOP_SECONDS, _exit)
    timer.daemon = True
    timer.start()


def _exit() -> None:
    log.warning("stopped_at_deadline", extra={"seconds": STOP_SECONDS})
    os._exit(0)
