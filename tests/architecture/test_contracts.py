"""The checks of `make check` (ruff, mypy, import contracts, known vulnerabilities) run once, before
the tests."""

from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def recipe(target: str) -> list[str]:
    """The lines of the target, without those of its prerequisites."""
    lines = MAKEFILE.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{target}:"))
    end = next(n for n in range(start + 1, len(lines)) if not lines[n].startswith("\t"))
    return lines[start:end]


class TestMakefile:
    def test_checks_before_it_tests(self) -> None:
        assert recipe("test")[0] == "test: check"

    @pytest.mark.parametrize(
        "command",
        ["ruff check", "ruff format --check", "mypy", "lint-imports", "known_vulnerabilities"],
    )
    def test_runs_every_check(self, command: str) -> None:
        [line] = [each for each in recipe("check") if "$(BIN)/" in each and command in each]
        assert "|| true" not in line
        assert not line.startswith("\t-")
