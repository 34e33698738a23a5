"""Health of the installation, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import PmsError
from ports.job_queue import JobQueue
from ports.queries import Queries


@dataclass(frozen=True, slots=True)
class Health:
    """`parts`: by name, None if it works, else the error's code."""

    parts: Mapping[str, str | None]

    @property
    def is_ready(self) -> bool:
        """Whether the store works; without a queue, webhooks and pushes are still stored."""
        return self.parts["store"] is None


@dataclass(frozen=True, slots=True)
class CheckHealth:
    queries: Queries
    queue: JobQueue

    def __call__(self) -> Health:
        parts: dict[str, str | None] = {}
        for name, ping in (("store", self.queries.ping), ("queue", self.queue.ping)):
            try:
                ping()
                parts[name] = None
            except PmsError as error:
                parts[name] = error.code
        return Health(parts)
