import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


class TestChecks:
    @pytest.mark.parametrize(
        "command",
        [
            ["lint-imports", "--no-cache"],
            ["ruff", "check", "--no-cache", "."],
            ["ruff", "format", "--check", "--no-cache", "."],
            ["mypy"],
        ],
        ids=" ".join,
    )
    def test_satisfies(self, command: list[str]) -> None:
        done = subprocess.run(
            [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
