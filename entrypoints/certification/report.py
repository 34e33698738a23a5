"""What a certification came to: a table for people, an object for machines."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table

from entrypoints.certification.runner import Outcome, Report, Result

_MARKS: Final[Mapping[Outcome, str]] = {
    Outcome.PASSED: "[green]passed[/green]",
    Outcome.FAILED: "[red]FAILED[/red]",
    Outcome.NOT_APPLICABLE: "[dim]not applicable[/dim]",
}


def shown(report: Report, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("check", "outcome", "what it looks at, and why it ended so"):
        table.add_column(name, overflow="fold")
    for result in report.results:
        table.add_row(result.check.id, _MARKS[result.outcome], _text(result))
    console.print(table)
    console.print(summary(report))


def _text(result: Result) -> str:
    title = result.check.title
    return f"{title}\n  → {_escaped(result.reason)}" if result.reason else title


def _escaped(text: str) -> str:
    """Brackets are markup to the console."""
    return text.replace("[", "\\[")


def summary(report: Report) -> str:
    counts = ", ".join(f"{len(report.of(outcome))} {outcome}" for outcome in Outcome)
    verdict = "certified" if report.is_green else "NOT certified"
    return f"{report.provider}: {verdict}; {counts}; {report.seconds:.1f} s"


def as_object(report: Report) -> dict[str, object]:
    return {
        "provider": report.provider,
        "certified": report.is_green,
        "passed": len(report.of(Outcome.PASSED)),
        "failed": len(report.of(Outcome.FAILED)),
        "not_applicable": len(report.of(Outcome.NOT_APPLICABLE)),
        "seconds": round(report.seconds, 1),
        "checks": [_object(result) for result in report.results],
    }


def _object(result: Result) -> dict[str, object]:
    return {
        "id": result.check.id,
        "title": result.check.title,
        "outcome": result.outcome.value.replace(" ", "_"),
        "reason": result.reason or None,
        "expectations": result.expected,
        "seconds": round(result.seconds, 3),
    }
