"""The figures of a campaign, one JSON line each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tests.kills.verification import Verdict
from tests.simulation.campaigns import print_figure

Seconds = defaultdict[str, list[float]]


def report(campaign: str, verdict: Verdict, **values: object) -> bool:
    print_figure(campaign, **values, **asdict(verdict), passed=verdict.passed)
    return verdict.passed


def report_seconds(campaign: str, seconds: Mapping[str, Sequence[float]]) -> None:
    """One line per kind of recovery."""
    for name, values in sorted(seconds.items()):
        ordered = sorted(values)
        print_figure(
            f"{campaign}.recovery_seconds",
            what=name,
            count=len(ordered),
            p50=round(ordered[len(ordered) // 2], 2),
            p95=round(ordered[len(ordered) * 95 // 100], 2),
            max=round(ordered[-1], 2),
        )
