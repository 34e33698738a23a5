"""`pms up`."""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from domain.errors import PmsError
from entrypoints.cli.output import say_json
from entrypoints.cli.welcome import show_first_syncs, welcome
from entrypoints.demo import DEFAULT_PROVIDER, free_port
from entrypoints.log_config import configure_logging
from entrypoints.self_check import check as run_check
from entrypoints.settings import Settings, read_settings
from entrypoints.simulators import simulator_names
from entrypoints.up import LIVE_EVERY, Running, Wanted, let_live, running

CHECK_BOOKINGS: Final = 500
ONE_HOTEL_BOOKINGS: Final = 2_000
EACH_HOTEL_BOOKINGS: Final = 500


@click.command()
@click.option("--check", is_flag=True, help="Unattended: try everything once in a temporary home.")
@click.option(
    "--provider", "providers", multiple=True, metavar="NAME", help="A simulated hotel of this one."
)
@click.option("--all-providers", is_flag=True, help="A simulated hotel of each that can be.")
@click.option(
    "--bookings", type=click.IntRange(1, 500_000), help="Of each new hotel. [2000; 500 of several]"
)
@click.option("--port", type=click.IntRange(1, 65535), help="Of the web server.")
@click.option(
    "--live-every", type=float, default=LIVE_EVERY, show_default=True, help="Seconds; 0: never."
)
def up(
    *,
    check: bool,
    providers: tuple[str, ...],
    all_providers: bool,
    bookings: int | None,
    port: int | None,
    live_every: float,
) -> None:
    """Starts everything on this machine, with simulated hotels that live: a Mews one, unless told
    otherwise.

    Data is kept in ./var (PMS_HOME); a second start goes on where the first ended, with the hotels
    that there are, and adds those that are new.
    """
    settings = read_settings()
    configure_logging("ERROR", process="up")
    if port:
        settings = replace(settings, port=port)
    if all_providers:
        providers = tuple(sorted(simulator_names(), key=lambda name: name != DEFAULT_PROVIDER))
    usual = ONE_HOTEL_BOOKINGS if len(providers) < 2 else EACH_HOTEL_BOOKINGS
    if check:
        wanted = Wanted(providers=providers, bookings=bookings or CHECK_BOOKINGS)
        sys.exit(_checked(settings, wanted))
    wanted = Wanted(providers=providers, bookings=bookings or usual)
    with _signals_end_it(), running(settings, wanted) as everything:
        show_first_syncs(everything)
        if live_every > 0:
            let_live(everything, every_seconds=live_every)
        click.echo(welcome(everything))
        _wait(everything)
    click.echo("Stopped.", err=True)


def _checked(settings: Settings, wanted: Wanted) -> int:
    with _signals_end_it(), tempfile.TemporaryDirectory(prefix="pms-check-") as home:
        settings = replace(
            settings, home=Path(home), database_url="", redis_url="", port=free_port()
        )
        try:
            with running(settings, wanted) as everything:
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


def _wait(everything: Running) -> None:
    while True:
        everything.children.require_all()
        everything.container.clock.sleep(0.5)
