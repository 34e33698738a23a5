"""`pms scheduler`: enqueues the tick with rq-scheduler."""

from adapters.outbound.jobs.redis_clients import worker_client
from adapters.outbound.jobs.tick import TickingScheduler
from entrypoints.wiring.settings import Settings


def run_scheduler(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT. Several may run: rq-scheduler activates one at a time."""
    TickingScheduler(worker_client(settings.redis), every=settings.tick_seconds).run()
