"""`pms scheduler`: rq-scheduler as the clock of the tick."""

from adapters.outbound.jobs.redis_clients import worker_client
from adapters.outbound.jobs.tick import TickingScheduler
from entrypoints.wiring.container import TICK_FUNCTION
from entrypoints.wiring.settings import Settings


def run_scheduler(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Several may run: rq-scheduler lets one of them work at a time."""
    TickingScheduler(
        worker_client(settings.redis), function=TICK_FUNCTION, every=settings.tick_seconds
    ).run()
