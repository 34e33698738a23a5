"""The result of a certification as a table and as a JSON object."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table

from entrypoints.certification.outcomes import CheckOutcome
from entrypoints.certification.runner import CertificationReport, CheckResult

_LABELS: Final[Mapping[CheckOutcome, str]] = {
    CheckOutcome.PASSED: "[green]passed[/green]",
    CheckOutcome.FAILED: "[red]FAILED[/red]",
    CheckOutcome.NOT_APPLICABLE: "[dim]not applicable[/dim]",
}


def print_report(report: CertificationReport, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("id", "outcome", "check and reason"):
        table.add_column(name, overflow="fold")
    for result in report.results:
        table.add_row(result.check.id, _LABELS[result.outcome], _title_and_reason(result))
    console.print(table)
    console.print(summary(report))


def _title_and_reason(result: CheckResult) -> str:
    title = result.check.title
    return f"{title}\n  → {_escape_markup(result.reason)}" if result.reason else title


def _escape_markup(text: str) -> str:
    """rich reads brackets as markup."""
    return text.replace("[", "\\[")


def summary(report: CertificationReport) -> str:
    counts = ", ".join(f"{len(report.of(outcome))} {outcome}" for outcome in CheckOutcome)
    verdict = "certified" if report.is_certified else "NOT certified"
    return f"{report.provider}: {verdict}; {counts}; {report.seconds:.1f} s"


def as_object(report: CertificationReport) -> dict[str, object]:
    return {
        "provider": report.provider,
        "certified": report.is_certified,
        "passed": len(report.of(CheckOutcome.PASSED)),
        "failed": len(report.of(CheckOutcome.FAILED)),
        "not_applicable": len(report.of(CheckOutcome.NOT_APPLICABLE)),
        "seconds": round(report.seconds, 1),
        "checks": [_result_object(result) for result in report.results],
    }


def _result_object(result: CheckResult) -> dict[str, object]:
    return {
        "id": result.check.id,
        "title": result.check.title,
        "outcome": result.outcome.value.replace(" ", "_"),
        "reason": result.reason or None,
        "expectations": result.expectations,
        "seconds": round(result.seconds, 3),
    }
