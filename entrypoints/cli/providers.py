"""`pms provider`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from adapters.outbound.system import SystemClock
from entrypoints.certification.candidate import candidate_of
from entrypoints.certification.check import Check
from entrypoints.certification.registry import select_checks
from entrypoints.certification.report import as_object, print_report
from entrypoints.certification.runner import CertificationReport, CheckResult, certify
from entrypoints.cli import output
from entrypoints.cli.open_container import open_container
from entrypoints.scaffold.provider_package import write_package
from entrypoints.wiring.installed_providers import BrokenPlugin, broken_plugins_of
from entrypoints.wiring.logging_config import configure_logging
from ports.providers import Capabilities, SettingSpec


@click.group(cls=output.JsonCommandGroup)
def provider() -> None:
    """Manage the installed PMS providers."""


@provider.command("list")
def list_providers() -> None:
    """List capabilities and connection settings of each provider, and why broken ones fail."""
    with open_container() as container:
        rows = [_provider_fields(each.capabilities) for each in container.providers.all()]
        broken = broken_plugins_of(container.providers)
        if broken or output.is_json_requested():
            rows = [{**row, "problem": None} for row in rows]
            rows += [
                {**dict.fromkeys(rows[0] if rows else ()), **_broken_plugin_fields(each)}
                for each in broken
            ]
        output.print_rows(rows, empty="No provider is installed.")


@provider.command("certify")
@click.argument("name")
@click.option(
    "--only", metavar="PATTERN", help="Run these checks only: paging, paging.ties, '*.html*', …"
)
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
    if output.is_json_requested():
        output.print_json(as_object(report))
    else:
        print_report(report, Console(highlight=False, width=None if sys.stdout.isatty() else 160))
    if not report.is_certified:
        raise SystemExit(1)


@provider.command("new")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new or empty folder; by default ./pms-provider-NAME.",
)
@click.option("--title", help="Product name as the vendor spells it, e.g. StayHub.")
def new_provider(name: str, *, into: Path | None, title: str | None) -> None:
    """Write a package that adds provider NAME: adapter, simulator, sample payload and tests.

    It runs against its own simulator at once; replace its sample format with the vendor's.
    """
    folder = into or Path(f"pms-provider-{name}")
    written_files = write_package(name, title or name.capitalize(), folder)
    if output.is_json_requested():
        output.print_json({"folder": str(folder), "files": [str(path) for path in written_files]})
        return
    for path in written_files:
        click.echo(path)
    click.echo(f"\nNext: pip install -e {folder} && pms provider certify {name}")


def _run_certification(name: str, checks: Sequence[Check]) -> CertificationReport:
    candidate = candidate_of(name)
    with Progress(console=output.stderr_console(), transient=True) as progress:
        task = progress.add_task(f"certifying {name}", total=len(checks))

        def on_result(result: CheckResult) -> None:
            progress.update(task, advance=1, description=result.check.id)

        return certify(candidate, checks, clock=SystemClock(), on_result=on_result)


def _provider_fields(capabilities: Capabilities) -> dict[str, object]:
    return {
        "name": capabilities.name,
        "title": capabilities.title,
        "kinds": sorted(capabilities.kinds),
        "pulls": capabilities.pulls,
        "webhooks": capabilities.webhooks,
        "reports_deletions": capabilities.reports_deletions,
        "delta_misses": list(capabilities.delta_misses),
        "delta_reports_payments": capabilities.delta_reports_payments,
        "settings": [_format_setting(spec) for spec in capabilities.settings],
    }


def _broken_plugin_fields(plugin: BrokenPlugin) -> dict[str, object]:
    return {"name": plugin.name, "problem": f"{plugin.problem} ({plugin.target})"}


def _format_setting(spec: SettingSpec) -> str:
    flags = [
        flag for flag, is_set in (("secret", spec.secret), ("required", spec.required)) if is_set
    ]
    return f"{spec.name} ({', '.join(flags)})" if flags else spec.name
