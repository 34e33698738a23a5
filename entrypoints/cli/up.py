"""`pms up`."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from domain.errors import PmsError
from domain.sync import SyncRun
from entrypoints.cli.output import progress_console, say_json
from entrypoints.demo import free_port
from entrypoints.log_config import configure_logging
from entrypoints.self_check import check as run_check
from entrypoints.settings import Settings, read_settings
from entrypoints.up import LIVE_EVERY, Running, first_sync, running

CHECK_BOOKINGS: Final = 500


@click.command()
@click.option("--check", is_flag=True, help="Unattended: try everything once in a temporary home.")
@click.option("--bookings", type=click.IntRange(1, 500_000), help="Of the simulated hotel. [2000]")
@click.option("--port", type=click.IntRange(1, 65535), help="Of the web server.")
@click.option(
    "--live-every", type=float, default=LIVE_EVERY, show_default=True, help="Seconds; 0: never."
)
def up(*, check: bool, bookings: int | None, port: int | None, live_every: float) -> None:
    """Starts everything on this machine, with a simulated Mews hotel that lives.

    Data is kept in ./var (PMS_HOME); a second start goes on where the first ended.
    """
    settings = read_settings()
    configure_logging("ERROR", process="up")
    if port:
        settings = replace(settings, port=port)
    if check:
        sys.exit(_checked(settings, bookings or CHECK_BOOKINGS))
    with (
        _signals_end_it(),
        running(settings, bookings=bookings or 2_000, live_every=live_every) as everything,
    ):
        _show_first_sync(everything)
        _welcome(everything)
        _wait(everything)
    click.echo("Stopped.", err=True)


def _checked(settings: Settings, bookings: int) -> int:
    with _signals_end_it(), tempfile.TemporaryDirectory(prefix="pms-check-") as home:
        settings = replace(
            settings, home=Path(home), database_url="", redis_url="", port=free_port()
        )
        try:
            with running(settings, bookings=bookings, live_every=0) as everything:
                figures = run_check(everything)
        except PmsError as error:
            say_json({"ok": False, "code": error.code, "reason": error.message})
            _show_logs(Path(home))
            return 1
    say_json(figures)
    return 0


def _show_logs(home: Path) -> None:
    """What is not routine; the home is gone afterwards."""
    for log in sorted(home.glob("logs/*.log")):
        lines = log.read_text(errors="replace").splitlines()
        telling = [line for line in lines if '"level": "INFO"' not in line and log.stem != "valkey"]
        for line in telling[-15:]:
            click.echo(f"{log.stem}: {line}", err=True)


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does: children are stopped on the way out. SIGINT is set as well,
    because a shell starts background jobs with it ignored."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        sys.exit(0)


def _show_first_sync(everything: Running) -> None:
    run = first_sync(everything)
    if run is None:
        return
    queries = everything.container.store.queries
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, TimeElapsedColumn(), console=progress_console()) as progress:
        task = progress.add_task("First sync of the simulated hotel", total=None, told="")
        seen: SyncRun = run
        while not seen.status.is_final:
            everything.children.require_all()
            seen = queries.sync_run(run.hotel_id, run.id) or run
            bookings = queries.count_bookings(run.hotel_id)
            progress.update(
                task,
                total=everything.demo.bookings,
                completed=min(bookings, everything.demo.bookings),
                told=f"{bookings} bookings",
            )
            everything.container.clock.sleep(0.2)
    if seen.error_code:
        click.echo(f"The first sync failed ({seen.error_code}); the next tries again.", err=True)


def _welcome(everything: Running) -> None:
    url, demo = everything.home_url, everything.demo
    pushing = _headers(demo.canonical_key, demo.canonical_token)
    reading = _headers(demo.mews_key, demo.mews_token)
    booking = (
        '{"external_id":"B-1","source_version":{"updated_at":"2026-01-01T10:00:00Z"},'
        '"status":"CONFIRMED","stay":{"arrival":"2027-05-01","departure":"2027-05-04"},'
        '"total":{"amount":"412.50","currency":"EUR"}}'
    )
    query = (
        '{"query":"{ bookings(first: 3, filter: {status: [CHECKED_IN]}) '
        '{ edges { node { externalId status stay { arrival departure } } } } }"}'
    )
    click.echo(
        f"""
The demo hotel is in. It lives: every few seconds something happens there.

  API and its documentation  {url}/api/docs
  GraphQL                    {url}/api/pms/graphql
  Health                     {url}/readyz
  Events as they happen      tail -f {_short(everything.events)}
  Logs                       {_short(everything.events.parent / "logs")}

Token of the simulated Mews hotel (read, sync):  {demo.mews_token}
Token for our own format (ingest, read):         {demo.canonical_token}

Try, in another terminal:

# push a booking
curl -s {url}/api/pms/canonical/bookings {pushing} \\
  -H 'Content-Type: application/json' -d '{booking}'

# who is in the house
curl -s {url}/api/pms/graphql {reading} \\
  -H 'Content-Type: application/json' -d '{query}'

# sync now
curl -s {url}/api/pms/sync {reading} \\
  -H 'Content-Type: application/json' -d '{{"provider":"mews","kind":"delta"}}'

Ctrl-C stops everything."""
    )


def _headers(key: str, token: str) -> str:
    return f"-H 'X-PMS-Provider-Key: {key}' \\\n  -H 'Authorization: Bearer {token}'"


def _short(path: Path) -> str:
    return os.path.relpath(path)


def _wait(everything: Running) -> None:
    while True:
        everything.children.require_all()
        everything.container.clock.sleep(0.5)
