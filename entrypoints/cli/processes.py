"""`pms web | worker | scheduler | relay`: the long-running processes."""

from pathlib import Path

import click

from entrypoints.container import build
from entrypoints.log_config import configure_logging
from entrypoints.relay import run_relay
from entrypoints.scheduler import run_scheduler
from entrypoints.settings import Settings, read_settings
from entrypoints.subscribers import written_to
from entrypoints.web import run_web
from entrypoints.worker import ALL_QUEUES, SHORT_QUEUES, run_worker


def _settings(process: str) -> Settings:
    settings = read_settings()
    configure_logging(settings.log_level, process=process)
    return settings


@click.command()
def web() -> None:
    """The HTTP API and GraphQL, served by gunicorn."""
    run_web(_settings("web"))


@click.command()
@click.option("--short-only", is_flag=True, help="Ticks and webhooks only, no long syncs.")
def worker(*, short_only: bool) -> None:
    """Carries out syncs, webhooks and ticks; as many as you like, on any machines."""
    run_worker(_settings("worker"), queues=SHORT_QUEUES if short_only else ALL_QUEUES)


@click.command()
def scheduler() -> None:
    """Ticks: enqueues what the database says is due."""
    run_scheduler(_settings("scheduler"))


@click.command()
@click.option(
    "--events-to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Appends each delivered CloudEvent as a line.",
)
def relay(*, events_to: Path | None) -> None:
    """Tells the subscribers what happened, from the outbox."""
    settings = _settings("relay")
    extra = {"file": written_to(events_to)} if events_to else {}
    run_relay(build(settings, extra_subscribers=extra))
