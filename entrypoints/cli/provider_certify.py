"""`pms provider certify`."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.progress import Progress

from adapters.outbound.system import SystemClock
from entrypoints.certification.check import Check
from entrypoints.certification.installed import candidate_of
from entrypoints.certification.registry import selected
from entrypoints.certification.report import as_object, shown
from entrypoints.certification.runner import Report, Result, certify
from entrypoints.cli.output import json_option, progress_console, say_json, wants_json
from entrypoints.log_config import configure_logging


@click.command("certify")
@click.argument("name")
@click.option("--only", metavar="PATTERN", help="E.g. paging, paging.ties or '*.html*'.")
@json_option
def certify_provider(name: str, only: str | None) -> None:
    """Whether the adapter NAME does what this layer relies on, over its own simulator.

    Ends with 1 where a check failed. What the provider declares that it has not is not applicable,
    with the reason. Nothing outside this machine is asked and nothing of this installation changed.
    """
    checks = selected(only)
    if not checks:
        raise click.BadParameter(f"no check is called {only!r}", param_hint="--only")
    configure_logging("CRITICAL", process="cli")
    report = _certified(name, checks)
    if wants_json():
        say_json(as_object(report))
    else:
        shown(report, Console(highlight=False, width=None if sys.stdout.isatty() else 160))
    if not report.is_green:
        raise SystemExit(1)


def _certified(name: str, checks: Sequence[Check]) -> Report:
    candidate = candidate_of(name)
    with Progress(console=progress_console(), transient=True) as progress:
        task = progress.add_task(f"certifying {name}", total=len(checks))

        def ended(result: Result) -> None:
            progress.update(task, advance=1, description=result.check.id)

        return certify(candidate, checks, clock=SystemClock(), ended=ended)
