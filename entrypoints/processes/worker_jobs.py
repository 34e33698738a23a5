"""Functions that RQ calls by dotted path in the worker's child process."""

from functools import lru_cache

from entrypoints.processes.gc_tuning import tune_garbage_collector
from entrypoints.wiring.container import Container
from entrypoints.wiring.logging_config import configure_logging
from entrypoints.wiring.settings import load_settings


def run_job(name: str, hotel_id: str, subject_id: str, correlation_id: str) -> None:
    _container().jobs.run(name, hotel_id, subject_id, correlation_id)


def run_tick() -> None:
    _container().jobs.tick()


@lru_cache(maxsize=1)
def _container() -> Container:
    """Built in the child, after RQ's fork, so that it shares nothing with the parent."""
    settings = load_settings()
    configure_logging(settings.log_level, process="worker")
    container = Container(settings)
    tune_garbage_collector()
    return container
