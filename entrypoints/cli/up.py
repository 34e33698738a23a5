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

from application.audit.audit_trail import acting_as
from domain.errors import PmsError
from entrypoints.cli.operator import current_operator
from entrypoints.cli.output import print_json
from entrypoints.cli.up_output import format_welcome, show_initial_syncs
from entrypoints.local.demo import DEFAULT_PROVIDER, free_port
from entrypoints.local.installation import (
    ACTIVITY_INTERVAL_SECONDS,
    InstallationOptions,
    LocalInstallation,
    run_installation,
    start_simulated_activity,
)
from entrypoints.local.installed_simulators import simulator_names
from entrypoints.local.self_check import check as run_self_check
from entrypoints.wiring.logging_config import configure_logging
from entrypoints.wiring.process_needs import NEEDS
from entrypoints.wiring.settings import Settings, load_settings

CHECK_BOOKINGS: Final = 500
SINGLE_HOTEL_BOOKINGS: Final = 2_000
BOOKINGS_PER_HOTEL: Final = 500


@click.command()
@click.option("--check", is_flag=True, help="Run a self check in a temporary home, then exit.")
@click.option(
    "--provider",
    "providers",
    multiple=True,
    metavar="NAME",
    help="Simulate a hotel of this provider.",
)
@click.option("--all-providers", is_flag=True, help="Simulate one hotel per provider.")
@click.option(
    "--bookings",
    type=click.IntRange(1, 500_000),
    help="Bookings of each new hotel. [2000, or 500 if there are several]",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web server.")
@click.option(
    "--activity-every",
    "--live-every",
    "activity_seconds",
    type=float,
    default=ACTIVITY_INTERVAL_SECONDS,
    show_default=True,
    help="Seconds between generated events; 0: none. --live-every is the former name.",
)
def up(
    *,
    check: bool,
    providers: tuple[str, ...],
    all_providers: bool,
    bookings: int | None,
    port: int | None,
    activity_seconds: float,
) -> None:
    """Start everything on this machine with simulated hotels; by default one Mews hotel.

    Data is kept in ./var (PMS_HOME). A later start continues with the existing hotels and adds
    new ones.
    """
    settings = load_settings(needs=NEEDS["up"])
    configure_logging("ERROR", process="up")
    if port:
        settings = replace(settings, port=port)
    if all_providers:
        providers = tuple(sorted(simulator_names(), key=lambda name: name != DEFAULT_PROVIDER))
    default_bookings = SINGLE_HOTEL_BOOKINGS if len(providers) < 2 else BOOKINGS_PER_HOTEL
    if check:
        options = InstallationOptions(providers=providers, bookings=bookings or CHECK_BOOKINGS)
        sys.exit(_run_self_check(settings, options))
    options = InstallationOptions(providers=providers, bookings=bookings or default_bookings)
    with (
        acting_as(current_operator()),
        _stop_on_signals(),
        run_installation(settings, options) as installation,
    ):
        show_initial_syncs(installation)
        if activity_seconds > 0:
            start_simulated_activity(installation, every_seconds=activity_seconds)
        click.echo(format_welcome(installation))
        _wait_until_stopped(installation)
    click.echo("Stopped.", err=True)


def _run_self_check(settings: Settings, options: InstallationOptions) -> int:
    with _stop_on_signals(), tempfile.TemporaryDirectory(prefix="pms-check-") as home:
        settings = replace(
            settings, home=Path(home), database_url="", redis_url="", port=free_port()
        )
        try:
            with run_installation(settings, options) as installation:
                figures = run_self_check(installation)
        except PmsError as error:
            print_json({"ok": False, "code": error.code, "reason": error.message})
            _show_logs(Path(home))
            return 1
    print_json(figures)
    return 0


def _show_logs(home: Path) -> None:
    """Prints the last notable lines of each log, as the temporary home is deleted."""
    for log in sorted(home.glob("logs/*.log")):
        lines = log.read_text(errors="replace").splitlines()
        notable = [line for line in lines if '"level": "INFO"' not in line and log.stem != "valkey"]
        for line in notable[-15:]:
            click.echo(f"{log.stem}: {line}", err=True)


@contextmanager
def _stop_on_signals() -> Iterator[None]:
    """SIGTERM works like Ctrl-C: children are stopped. SIGINT is set as well because a shell starts
    background jobs with SIGINT ignored."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        sys.exit(0)


def _wait_until_stopped(installation: LocalInstallation) -> None:
    while True:
        installation.children.require_running()
        installation.container.clock.sleep(0.5)
