"""`pms worker`: an RQ worker that survives killed workers and outages of Redis."""

import logging
import os
from collections.abc import Sequence
from types import FrameType
from typing import Final, cast

from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import DequeueStrategy, WorkerStatus

from adapters.outbound.jobs.json_job import JsonJob
from adapters.outbound.jobs.redis_clients import worker_client
from adapters.outbound.jobs.rq_queue import (
    INBOX_QUEUE,
    QUEUES,
    TICK_QUEUE,
    begin_job,
    end_job,
    open_queue,
    queue_parked,
)
from adapters.outbound.jobs.vendor_turns import end_turn, renew_turn
from entrypoints.processes.clock_check import ClockCheck
from entrypoints.processes.gc_tuning import tune_garbage_collector
from entrypoints.processes.parent_death_signal import set_parent_death_signal
from entrypoints.processes.stop_signals import exit_after_deadline
from entrypoints.wiring.installed_providers import import_plugins
from entrypoints.wiring.settings import Settings

ALL_QUEUES: Final = QUEUES
SHORT_QUEUES: Final = (TICK_QUEUE, INBOX_QUEUE)
"""For a worker that keeps ticks and webhooks moving while long syncs run."""

log = logging.getLogger(__name__)


class JobWorker(Worker):
    clock_check: ClockCheck | None = None

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001  # RQ's signature
        """Before each job. Waits until the clock is right, so that other workers take the jobs."""
        super().check_for_suspension(burst)
        if self.clock_check is not None:
            self.clock_check.wait_until_right(self._heartbeat_of_suspended)

    def _heartbeat_of_suspended(self) -> None:
        """The next job sets the state anew."""
        self.set_state(WorkerStatus.SUSPENDED)
        self.heartbeat()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Returns when the job ended, also by the death of its work horse."""
        begin_job(self.connection, job.id)
        super().execute_job(job, queue)
        end_job(self.connection, cast("JsonJob", job))
        for arguments in end_turn(self.connection, job.id):
            queue_parked(self.connection, arguments)

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        super().maintain_heartbeats(job, execution)
        renew_turn(self.connection, job.id)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        exit_after_deadline()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ has no annotation

    def setup_work_horse_signals(self) -> None:
        """The work horse ends with its worker; an orphaned one would wait for Redis without
        limit."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]  # RQ has no annotation
        set_parent_death_signal(os.getppid())()


def run_worker(settings: Settings, *, queues: Sequence[str] = ALL_QUEUES) -> None:
    """Runs until SIGTERM or SIGINT, then finishes the current job, for STOP_SECONDS at most; a
    second signal aborts it.

    RQ forks a child for each job. Plug-ins are imported before, as their import takes longer than
    most jobs; an upgraded plug-in needs a restart of the worker.

    Measured with RQ 3.0: the job of a killed worker is retried after 73 s with these times, after
    809 s with RQ's defaults.
    """
    import_plugins()
    tune_garbage_collector()
    redis = worker_client(settings.redis)
    worker = JobWorker(
        [open_queue(name, redis) for name in queues],
        connection=redis,
        job_class=JsonJob,
        serializer=JSONSerializer,
        worker_ttl=40,
        maintenance_interval=10,
        job_monitoring_interval=5,
        log_job_description=False,
    )
    worker.clock_check = ClockCheck.of(settings, log, "worker")
    # Round robin, so that a queue that never runs empty (webhooks at peak) does not starve others.
    worker.work(
        with_scheduler=False,
        logging_level="WARNING",
        dequeue_strategy=DequeueStrategy.ROUND_ROBIN,
    )
