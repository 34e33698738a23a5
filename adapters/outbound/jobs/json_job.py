"""What may run: RQ imports and calls any dotted name that it finds in Redis; this job class calls
the functions of this package's jobs only, and reads JSON only."""

from collections.abc import Callable
from typing import Any, Final

from redis import Redis
from rq.exceptions import DeserializationError
from rq.executions import Execution, ExecutionRegistry
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import import_attribute

JOB_FUNCTION: Final = "entrypoints.processes.worker_jobs.run_job"
TICK_FUNCTION: Final = "entrypoints.processes.worker_jobs.run_tick"
_FORMER_FUNCTIONS: Final = ("entrypoints.worker_jobs.run_job", "entrypoints.worker_jobs.run_tick")
"""Of version 0.1, whose queued jobs and registered tick still run."""
FUNCTIONS: Final = frozenset({JOB_FUNCTION, TICK_FUNCTION, *_FORMER_FUNCTIONS})


class ForbiddenJob(Exception):
    """A job in Redis is none of ours; its text is not repeated."""

    def __init__(self) -> None:
        super().__init__("the job names a function that the worker does not run")


class _ExecutionIds(ExecutionRegistry):
    def get_executions(self, start: int = 0, end: int = -1) -> list[Execution]:
        """With their ids only. RQ reads each one, and fails for the execution of a killed worker in
        the minute after it expired: the worker that ends the killed one's job would quit."""
        ids = self.get_execution_ids(start, end)
        return [Execution(each, self.job_id, self.connection) for each in ids]


class JsonJob(Job):
    """A job of one of FUNCTIONS with texts as arguments. What else RQ would import, unpickle or
    call for a job (callbacks, webhooks, a method, dependencies) is ignored or refused."""

    def __init__(
        self,
        id: str | None = None,  # noqa: A002  # the name is RQ's
        connection: Redis | None = None,
        serializer: object = None,  # noqa: ARG002  # RQ's default is pickle
    ) -> None:
        super().__init__(id, connection, JSONSerializer)

    def restore(self, raw_data: Any) -> None:
        super().restore(raw_data)
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []
        self._dependency_ids = []

    @property
    def execution_registry(self) -> ExecutionRegistry:
        return _ExecutionIds(self.id, self.connection)

    @property
    def is_ours(self) -> bool:
        try:
            name, arguments = self.func_name, self.args
        except DeserializationError:
            return False
        if self.instance is not None or self.kwargs or not isinstance(arguments, list | tuple):
            return False
        return all(isinstance(each, str) for each in (name, *arguments)) and name in FUNCTIONS

    @property
    def func(self) -> Callable[..., object]:
        """Raises ForbiddenJob."""
        if not self.is_ours or self.func_name is None:
            raise ForbiddenJob
        function: Callable[..., object] = import_attribute(self.func_name)
        return function
