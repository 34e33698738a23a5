"""Prints a result as one JSON line and as a table."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Figure = str | int | float | Sequence[float]


@dataclass(frozen=True, slots=True)
class Result:
    """`ratio`: our rate divided by the floor's; higher is better."""

    benchmark: str
    ratio: float
    expected: float
    figures: Mapping[str, Figure]

    def line(self) -> str:
        head = {"benchmark": self.benchmark, "ratio": self.ratio, "expected": self.expected}
        return json.dumps({**head, **self.figures, **_machine_figures()})

    def table(self) -> str:
        rows = {"ratio": f"{self.ratio:.3f} (expected: at least {self.expected})", **self.figures}
        width = max(map(len, rows))
        lines = [f"  {name.ljust(width)}  {_format_figure(value)}" for name, value in rows.items()]
        return "\n".join([self.benchmark, *lines])


def _format_figure(value: Figure) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return "  ".join(_format_figure(each) for each in value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _machine_figures() -> Mapping[str, Figure]:
    """The load of the last minute includes the benchmark itself."""
    return {
        "python": platform.python_version(),
        "cpus": os.cpu_count() or 0,
        "load_average": round(os.getloadavg()[0], 2),
    }
