"""`pms web | worker | scheduler | relay`: the long-running processes."""

import logging
from pathlib import Path

import click

from adapters.outbound.jobs.redis_clients import require_redis
from adapters.outbound.persistence.engine.database_urls import SQLITE_LIMIT, is_postgres
from adapters.outbound.persistence.store import require_database_file
from adapters.outbound.security.sealing import KeylessSealer, Keyring
from entrypoints.processes.relay import run_relay
from entrypoints.processes.scheduler import run_scheduler
from entrypoints.processes.web import run_web
from entrypoints.processes.worker import ALL_QUEUES, SHORT_QUEUES, run_worker
from entrypoints.wiring.container import Container
from entrypoints.wiring.home_directory import ensure_private_home, require_socket_path
from entrypoints.wiring.logging_config import configure_logging
from entrypoints.wiring.process_needs import NEEDS
from entrypoints.wiring.sealing_keys import load_sealing_keys
from entrypoints.wiring.settings import Settings, load_settings
from entrypoints.wiring.subscribers import file_subscriber

log = logging.getLogger(__name__)


def _load_process_settings(process: str) -> Settings:
    """Raises Misconfigured for what no retry mends: home, sealing keys, database file."""
    needs = NEEDS[process]
    settings = load_settings(needs=needs)
    configure_logging(settings.log_level, process=process)
    if settings.uses_home(needs):
        ensure_private_home(settings.home)
    if "secret_keys" in needs or settings.secret_keys:
        Keyring.parse(load_sealing_keys(settings))
    if "database_url" in needs:
        _check_database(settings)
    return settings


def _check_database(settings: Settings) -> None:
    require_database_file(settings.database)
    if settings.is_production and not is_postgres(settings.database):
        log.warning("sqlite_in_production", extra={"limit": SQLITE_LIMIT})


def _load_queue_settings(process: str) -> Settings:
    """Raises QueueUnavailable if Redis does not answer at the start; later outages are survived."""
    settings = _load_process_settings(process)
    if not settings.redis_url:
        require_socket_path(settings.redis_socket)
    require_redis(settings.redis)
    return settings


@click.command()
def web() -> None:
    """Serve the HTTP API and GraphQL with gunicorn."""
    run_web(_load_process_settings("web"))


@click.command()
@click.option("--short-only", is_flag=True, help="Run ticks and webhooks only, no syncs.")
def worker(*, short_only: bool) -> None:
    """Run syncs, webhooks and ticks. Any number of workers may run, on any machines."""
    run_worker(_load_queue_settings("worker"), queues=SHORT_QUEUES if short_only else ALL_QUEUES)


@click.command()
def scheduler() -> None:
    """Enqueue the tick at its interval; a worker then enqueues all due work."""
    run_scheduler(_load_queue_settings("scheduler"))


@click.command()
@click.option(
    "--events-to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append each delivered CloudEvent to this file, as a line.",
)
def relay(*, events_to: Path | None) -> None:
    """Deliver events from the outbox to the subscribers."""
    settings = _load_process_settings("relay")
    extra = {"file": file_subscriber(events_to)} if events_to else {}
    run_relay(Container(settings, extra_subscribers=extra, sealer_override=KeylessSealer()))
