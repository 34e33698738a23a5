"""`pms scheduler`: enqueues the tick with rq-scheduler."""

import logging
from typing import Any

from adapters.outbound.jobs.redis_clients import worker_client
from adapters.outbound.jobs.tick import TickingScheduler
from entrypoints.processes.clock_check import ClockCheck
from entrypoints.processes.stop_signals import exit_after_deadline
from entrypoints.wiring.settings import Settings

log = logging.getLogger(__name__)


class _Scheduler(TickingScheduler):
    clock_check: ClockCheck

    def acquire_lock(self) -> Any:
        """Waits until the clock is right, so that another scheduler acts."""
        self.clock_check.wait_until_right(self.heartbeat)
        return super().acquire_lock()

    def register_death(self) -> None:
        """Called first at a signal; it waits for Redis without limit."""
        exit_after_deadline()
        super().register_death()


def run_scheduler(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT. Several may run: rq-scheduler activates one at a time."""
    scheduler = _Scheduler(worker_client(settings.redis), every=settings.tick_seconds)
    scheduler.clock_check = ClockCheck.of(settings, log, "scheduler")
    scheduler.run()
