"""What RQ calls, by dotted path, in the worker's child process."""

from functools import lru_cache

from entrypoints.container import Container, build
from entrypoints.log_config import configure_logging
from entrypoints.memory import collect_seldom
from entrypoints.settings import read_settings


def run_job(name: str, hotel_id: str, subject_id: str, correlation_id: str) -> None:
    _container().jobs.run(name, hotel_id, subject_id, correlation_id)


def run_tick() -> None:
    _container().jobs.tick()


@lru_cache(maxsize=1)
def _container() -> Container:
    """Made in the child, after RQ's fork: nothing of it is shared with the parent."""
    settings = read_settings()
    configure_logging(settings.log_level, process="worker")
    container = build(settings)
    collect_seldom()
    return container
