"""`pms provider certify`."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.progress import Progress

from adapters.outbound.system import SystemClock
from entrypoints.certification.check import Check
from entrypoints.certification.installed_candidates import candidate_of
from entrypoints.certification.registry import select_checks
from entrypoints.certification.report import as_object, print_report
from entrypoints.certification.runner import CertificationReport, CheckResult, certify
from entrypoints.cli.output import is_json_requested, json_option, print_json, stderr_console
from entrypoints.wiring.logging_config import configure_logging


@click.command("certify")
@click.argument("name")
@click.option(
    "--only", metavar="PATTERN", help="Run these checks only: paging, paging.ties, '*.html*', …"
)
@json_option
def certify_provider(name: str, only: str | None) -> None:
    """Run the conformance suite for provider NAME against its simulator. Exit 1 if a check fails.

    Checks of capabilities that the provider does not declare are not applicable. The suite calls
    nothing outside this machine and changes nothing in this installation.
    """
    checks = select_checks(only)
    if not checks:
        raise click.BadParameter(f"no check matches {only!r}", param_hint="--only")
    configure_logging("CRITICAL", process="cli")
    report = _run_certification(name, checks)
    if is_json_requested():
        print_json(as_object(report))
    else:
        print_report(report, Console(highlight=False, width=None if sys.stdout.isatty() else 160))
    if not report.is_certified:
        raise SystemExit(1)


def _run_certification(name: str, checks: Sequence[Check]) -> CertificationReport:
    candidate = candidate_of(name)
    with Progress(console=stderr_console(), transient=True) as progress:
        task = progress.add_task(f"certifying {name}", total=len(checks))

        def on_result(result: CheckResult) -> None:
            progress.update(task, advance=1, description=result.check.id)

        return certify(candidate, checks, clock=SystemClock(), on_result=on_result)
