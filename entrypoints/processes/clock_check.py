"""Keeps a process with a wrong clock from taking jobs."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from adapters.outbound.jobs.outage_log import OutageLog
from adapters.outbound.persistence.store import read_time
from adapters.outbound.system import DatabaseClock, SystemClock
from application.clock_check import ClockWrong, require_right_clock
from entrypoints.wiring.settings import Settings
from ports.errors import StoreUnavailable
from ports.system import SharedClock

WAIT_SECONDS: Final = 5.0
"""Between two looks at a wrong clock."""


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """One log line, `NAME_unavailable` with the code `clock_wrong`, when the clock becomes wrong,
    and one when it is right again."""

    clock: SharedClock
    outage: OutageLog

    @classmethod
    def of(cls, settings: Settings, log: logging.Logger, name: str) -> "ClockCheck":
        """Reads the database once a minute, over a connection that it closes: the process may fork,
        and needs no keys."""
        clock = DatabaseClock(SystemClock(), lambda: read_time(settings.database))
        return cls(clock, OutageLog(log, name))

    def wait_until_right(self, heartbeat: Callable[[], object]) -> None:
        """`heartbeat` is called while it waits."""
        while not self.is_right():
            heartbeat()
            self.clock.sleep(WAIT_SECONDS)

    def is_right(self) -> bool:
        """Also while the database can't be read."""
        try:
            require_right_clock(self.clock)
        except StoreUnavailable:
            return True
        except ClockWrong as error:
            self.outage.failed(code=error.code, skew_seconds=str(error.details["skew_seconds"]))
            return False
        self.outage.worked()
        return True
