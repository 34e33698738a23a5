"""Looks up known vulnerabilities of `constraints.txt`, where the service can be reached.

    python -m tests.known_vulnerabilities

Exit 1 for one that `.ci/reviewed_vulnerabilities` does not list, or lists with a day in the past.
An outage of the service never fails a build: one line says that the check was skipped, and why.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import requests

from tests.product_packages import ROOT

SERVICE = "https://api.osv.dev/v1/query"
REVIEWED = ROOT / ".ci/reviewed_vulnerabilities"
_REVIEW = re.compile(r"([A-Z]+-\S+) +(\d{4}-\d\d-\d\d) +(\S.*)")


@dataclass(frozen=True, slots=True)
class Waits:
    """Longest ones, in seconds: for one answer, and for all."""

    answer_seconds: int = 3
    total_seconds: int = 60


class Skipped(Exception):
    """The service gave no answer; the message says why."""


def find_vulnerabilities(requirements: Path, service: str, waits: Waits) -> dict[str, set[str]]:
    """Names of vulnerabilities, aliases too, by "package version: id". Raises Skipped."""
    try:
        requests.head(service, timeout=waits.answer_seconds)
    except requests.RequestException as error:
        host = service.split("/")[2]
        raise Skipped(f"{host} can't be reached ({type(error).__name__})") from None
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(requirements)),
        *("--no-deps", "--disable-pip", "--vulnerability-service", "osv", "--osv-url", service),
        *("--format", "json", "--progress-spinner", "off", "--timeout", str(waits.answer_seconds)),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, text=True, timeout=waits.total_seconds
        )
        packages = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        raise Skipped(f"the service took more than {waits.total_seconds} s") from None
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise Skipped(f"the service failed: {reason[:200]}") from None
    return {
        f"{package['name']} {package['version']}: {found['id']}": {found["id"], *found["aliases"]}
        for package in packages
        for found in package.get("vulns", ())
    }


def reviewed_until(lines: str) -> Mapping[str, date]:
    """By the vulnerability's id. Raises ValueError for a line that is not understood."""
    reviews = {}
    for line in lines.splitlines():
        if line and not line.startswith("#"):
            review = _REVIEW.fullmatch(line)
            if review is None:
                raise ValueError(f"{line!r}: write ID, a day as YYYY-MM-DD, and the reason")
            reviews[review[1]] = date.fromisoformat(review[2])
    return reviews


def check(
    requirements: Path,
    service: str,
    reviews: Mapping[str, date],
    today: date,
    waits: Waits = Waits(),  # frozen
) -> list[str]:
    """The vulnerabilities that need an upgrade or a review. Raises Skipped."""
    return [
        found
        for found, names in find_vulnerabilities(requirements, service, waits).items()
        if not any(reviews.get(name, date.min) >= today for name in names)
    ]


def main() -> int:
    reviews = reviewed_until(REVIEWED.read_text())
    today = datetime.now(UTC).date()
    try:
        needed = check(ROOT / "constraints.txt", SERVICE, reviews, today)
    except Skipped as reason:
        print(f"Skipped the look-up of known vulnerabilities: {reason}")  # noqa: T201
        return 0
    for each in needed:
        print(f"{each}: upgrade it, or review it in {REVIEWED.relative_to(ROOT)}")  # noqa: T201
    return 1 if needed else 0


if __name__ == "__main__":
    sys.exit(main())
