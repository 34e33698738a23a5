"""`pms scheduler`: enqueues the tick with rq-scheduler."""

from adapters.outbound.jobs.redis_clients import worker_client
from adapters.outbound.jobs.tick import TickingScheduler
from entrypoints.processes.stop_signals import exit_after_deadline
from entrypoints.wiring.settings import Settings


class _Scheduler(TickingScheduler):
    def register_death(self) -> None:
        """Called first at a signal; it waits for Redis without limit."""
        exit_after_deadline()
        super().register_death()


def run_scheduler(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT. Several may run: rq-scheduler activates one at a time."""
    _Scheduler(worker_client(settings.redis), every=settings.tick_seconds).run()
