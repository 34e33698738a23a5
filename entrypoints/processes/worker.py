"""`pms worker`: RQ with what it takes to survive a killed worker and an outage of Redis."""

import os
from collections.abc import Sequence
from typing import Final

from rq import Queue, Worker
from rq.serializers import JSONSerializer
from rq.worker import DequeueStrategy

from adapters.outbound.jobs.redis_clients import worker_client
from adapters.outbound.jobs.rq_queue import INBOX_QUEUE, SYNC_QUEUE, TICK_QUEUE
from entrypoints.processes.parent_death_signal import set_parent_death_signal
from entrypoints.wiring.settings import Settings

ALL_QUEUES: Final = (TICK_QUEUE, INBOX_QUEUE, SYNC_QUEUE)
SHORT_QUEUES: Final = (TICK_QUEUE, INBOX_QUEUE)
"""A worker for these alone keeps ticks and webhooks going while long syncs run."""


class _OrphanSafeWorker(Worker):
    """Whose work horse ends with it: left alone without a queue it would wait for one for ever."""

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]  # RQ annotates it not
        set_parent_death_signal(os.getppid())()


def run_worker(settings: Settings, *, queues: Sequence[str] = ALL_QUEUES) -> None:
    """Until SIGTERM or SIGINT: then the job at hand ends first; a second signal ends it at once.

    Found by killing it (RQ 3.0): a job of a worker that was killed is taken up again after 73 s
    with these times, after 809 s with RQ's defaults.
    """
    redis = worker_client(settings.redis)
    worker = _OrphanSafeWorker(
        [Queue(name, connection=redis, serializer=JSONSerializer) for name in queues],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=40,
        maintenance_interval=10,
        job_monitoring_interval=5,
        log_job_description=False,
    )
    # In turn: a queue that never runs empty, as that of webhooks at a busy hour, starves no other.
    worker.work(
        with_scheduler=False,
        logging_level="WARNING",
        dequeue_strategy=DequeueStrategy.ROUND_ROBIN,
    )
